/** An endless loop: after the trigger's answer, the event loop never returns. Only SIGKILL ends it. */
import type { Fault, FaultContext } from './fault.ts';

export function makeWedgeFault({ log }: Pick<FaultContext, 'log'>): Fault {
  return {
    name: 'wedge',
    trigger: '/trigger_wedge',
    start: () => 'the event loop never returns; only SIGKILL ends the process',
    afterAnswer: () => {
      // Said before it is so, since nothing can be said afterwards: pino writes to stdout synchronously.
      log.warn({ event: 'fault.breach', fault: 'wedge' }, 'the event loop does not return any more');
      for (;;);
    },
    // Nobody is left to run this once the loop is gone; until then nothing was taken.
    stop: () => undefined,
  };
}

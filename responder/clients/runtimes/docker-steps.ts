/**
 * How every action on the engine is done: look, choose the next step from what is there, do it, look again, until nothing is
 * left to do. Whoever crashed is finished by whoever comes next in the same way, and so is a step whose answer was lost
 * because the engine itself went away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AegisError } from '../../errors.ts';
import { EngineRefusal, EngineUnreachable } from './docker-engine.ts';

const AWAY_POLL_MS = 250;
/** An engine that is just ending answers what it likes (500); one that cannot do it says so every time. */
const MOST_TROUBLES = 3;
const SERVER_ERROR = 500;
/** No action has as many steps: more means that somebody else undoes ours. */
const MOST_STEPS = 20;

/** `do`: one call that changes something. `wait`: nothing to call, look again. `done`: nothing is left to do. */
export type Step<T> =
  | { do: string; call: (signal: AbortSignal) => Promise<unknown> }
  | { wait: string }
  | { done: T }
  | { refused: string };

interface Bounds {
  signal: AbortSignal;
  /** By the clock of performance.now(): no call that changes anything begins later. */
  deadline: number;
  pollMs?: number;
}

/** Throws AEGIS_RUNTIME: refused, or not done in time. */
export async function doSteps<T>(next: (first: boolean) => Promise<Step<T>>, bounds: Bounds): Promise<T> {
  const { signal, deadline, pollMs = 50 } = bounds;
  let last = 'nothing was begun';
  let troubles = 0;
  for (let made = 0, first = true; made < MOST_STEPS; ) {
    try {
      signal.throwIfAborted();
      const step = await next(first);
      first = false;
      if ('done' in step) return step.done;
      if ('refused' in step) throw new AegisError('AEGIS_RUNTIME', step.refused);
      // Looked at just here, without a pause before the call: whoever was frozen meanwhile may long have been replaced.
      if (performance.now() > deadline) throw new AegisError('AEGIS_RUNTIME', `not done in time: ${last}`);
      if ('do' in step) {
        last = step.do;
        made++;
        await step.call(signal);
      } else {
        last = step.wait;
        await sleep(pollMs, undefined, { signal });
      }
    } catch (error) {
      const isAway = error instanceof EngineUnreachable;
      const isTrouble = error instanceof EngineRefusal && error.httpStatus >= SERVER_ERROR;
      if (!isAway && !(isTrouble && ++troubles < MOST_TROUBLES)) throw error;
      if (signal.aborted || performance.now() > deadline) throw error;
      first = false; // what was asked for may have been done
      last = (error as Error).message;
      await sleep(AWAY_POLL_MS, undefined, { signal });
    }
  }
  throw new AegisError('AEGIS_RUNTIME', `given up after ${MOST_STEPS} steps, the last one: ${last}`);
}

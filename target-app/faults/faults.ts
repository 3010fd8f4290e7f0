/** All faults that the shop can start in itself, and the routes that start and end them. */
import type Router from '@koa/router';
import { makeCpuFault } from './cpu.ts';
import { makeDbFault } from './db.ts';
import { makeErrorsFault } from './errors.ts';
import type { Fault, FaultContext } from './fault.ts';
import { makeMemoryFault } from './memory.ts';
import { makeWedgeFault } from './wedge.ts';

/** Adding a fault: write `faults/NAME.ts`, list its maker here. */
const MAKERS: ((context: FaultContext) => Fault)[] = [
  makeMemoryFault,
  makeCpuFault,
  makeWedgeFault,
  makeDbFault,
  makeErrorsFault,
];

/** Adds GET and POST for the trigger of each fault, and `/trigger_reset` that ends all of them. */
export function addFaultRoutes(router: Router, context: FaultContext): void {
  const faults = MAKERS.map((make) => make(context));
  for (const fault of faults)
    router.register(fault.trigger, ['GET', 'POST'], (ctx) => {
      const effect = fault.start();
      context.log.info({ event: 'fault.started', fault: fault.name }, `fault ${fault.name} is on`);
      if (fault.afterAnswer) ctx.res.once('close', fault.afterAnswer);
      ctx.status = 202;
      ctx.body = { fault: fault.name, effect };
    });
  router.register('/trigger_reset', ['GET', 'POST'], (ctx) => {
    for (const fault of faults) fault.stop();
    context.log.info({ event: 'fault.reset' }, 'all faults are off');
    ctx.body = { faults: 'off' };
  });
}

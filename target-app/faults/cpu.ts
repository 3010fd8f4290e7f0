/** A loop that is nearly always busy: recommendations are ranked again and again, on the event loop itself. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultContext } from './fault.ts';

/**
 * Busy, then really idle, in ms: 95 % of the loop. Short enough that an order, which needs about ten turns, and a scrape
 * are answered within a second; and the idle part lets several answers of a near database through at once.
 */
const BUSY_MS = 57;
const IDLE_MS = 3;
/** What counts as saturated, measured over at least BREACH_AFTER_MS as the metric is. */
const BREACH_AT = 0.9;
const BREACH_AFTER_MS = 500;
/** The ranking complains this often, in ms, as a real one would. */
const REMIND_MS = 1_000;

export function makeCpuFault({ log }: Pick<FaultContext, 'log'>): Fault {
  let running: AbortController | undefined;

  const burn = async (signal: AbortSignal) => {
    const began = performance.now();
    const atStart = performance.eventLoopUtilization();
    let breached = false;
    let remindedMs = began;
    for (let rounds = 1; !signal.aborted; rounds += 1) {
      const pairs = rankFor(BUSY_MS);
      const nowMs = performance.now();
      const { utilization } = performance.eventLoopUtilization(atStart);
      if (!breached && nowMs - began >= BREACH_AFTER_MS && utilization > BREACH_AT) {
        breached = true;
        log.warn(
          { event: 'fault.breach', fault: 'cpu', utilization },
          `event loop is busy for more than ${BREACH_AT * 100} % of the time`,
        );
      }
      if (nowMs - remindedMs >= REMIND_MS) {
        remindedMs = nowMs;
        log.warn(
          { event: 'recommendations.slow', rounds, pairs, round_ms: BUSY_MS },
          `recommendations ranked ${rounds} times, each time ${pairs} pairs of products on the event loop`,
        );
      }
      // Not setImmediate: without a wait the loop would never be idle, and nobody's answer would be in yet.
      await sleep(IDLE_MS);
    }
  };

  return {
    name: 'cpu',
    trigger: '/trigger_cpu',
    start: () => {
      if (!running) {
        running = new AbortController();
        void burn(running.signal);
      }
      return `the event loop is busy for ${BUSY_MS} of every ${BUSY_MS + IDLE_MS} ms`;
    },
    stop: () => {
      running?.abort();
      running = undefined;
    },
  };
}

/** Compares pairs of made-up products for this long, in ms; answers how many. */
function rankFor(ms: number): number {
  const until = performance.now() + ms;
  let pairs = 0;
  for (let score = 0; performance.now() < until; pairs += 1) {
    for (let feature = 1; feature <= 200; feature += 1) score = Math.hypot(score, Math.sin(pairs * feature));
  }
  return pairs;
}

/**
 * How much one instance carries: a request first asks the warehouse, which allows each instance a few calls at a time.
 * Such a call is a wait, not work, so that an instance is full at slots / wait requests per second with an idle CPU.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Next } from 'koa';
import type { Log } from './log.ts';
import { answerProblem } from './problem.ts';

/** As many as twice the slots may wait for one; whoever comes then is refused at once. */
const QUEUE_PER_SLOT = 2;
/** A full instance says so this often, in ms. */
const WARN_EVERY_MS = 1_000;

export interface CapacityOptions {
  log: Log;
  /** Calls to the warehouse at a time. */
  slots: number;
  /** How long one takes, in ms. */
  waitMs: number;
  now?: () => number;
}

export interface Capacity {
  /**
   * Middleware that holds a slot for the time of the call, then goes on. The slot is free again before the database
   * is asked: a slow database is not a full instance. A new function for each route, since the Koa instrumentation
   * knows a function's route only where it has seen the function once.
   */
  gate(): (ctx: Context, next: Next) => Promise<void>;
  /** The highest (calls under way + waiting) / slots since this was last asked; above 1 somebody had to wait. */
  takePeak(): number;
}

export function makeCapacity({
  log,
  slots,
  waitMs,
  now = () => performance.now(),
}: CapacityOptions): Capacity {
  const warn = makeWarning({ log, slots, now });
  const queue: (() => void)[] = [];
  let inUse = 0;
  let peak = 0;

  const level = () => (inUse + queue.length) / slots;

  const enter = (gone: AbortSignal): Promise<void> => {
    const entered = inUse < slots ? Promise.resolve() : waitForTurn(queue, gone);
    if (inUse < slots) inUse += 1;
    peak = Math.max(peak, level());
    return entered;
  };

  const leave = () => {
    // Whoever is next takes over the slot, so that it stays in use.
    const next = queue.shift();
    if (next) next();
    else inUse -= 1;
  };

  const callWarehouse = async (gone: AbortSignal) => {
    await enter(gone);
    try {
      await sleep(waitMs, undefined, { signal: gone });
    } finally {
      leave();
    }
  };

  const gate = () => async (ctx: Context, next: Next) => {
    if (inUse >= slots && queue.length >= QUEUE_PER_SLOT * slots) {
      warn();
      ctx.set('retry-after', '1');
      return answerProblem(ctx, 503, 'This instance is at capacity; try again in a second.');
    }
    const gone = signalOfLeaving(ctx.res);
    try {
      await callWarehouse(gone);
    } catch (error) {
      // A customer who went away is nobody's error, and nobody is left to be answered.
      if (gone.aborted) return;
      throw error;
    }
    await next();
  };

  const takePeak = () => {
    const taken = peak;
    peak = level();
    return taken;
  };

  return { gate, takePeak };
}

/** Resolves when it is this one's turn; rejects, and leaves the queue, when the customer goes away. */
function waitForTurn(queue: (() => void)[], gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      queue.splice(queue.indexOf(turn), 1);
      reject(gone.reason);
    };
    const turn = () => {
      gone.removeEventListener('abort', giveUp);
      resolve();
    };
    gone.addEventListener('abort', giveUp, { once: true });
    queue.push(turn);
  });
}

/** Aborts when the connection is closed, or when the answer is complete and nobody listens any more. */
function signalOfLeaving(response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  return leaving.signal;
}

/** One line a second at most, however many are refused; it tells how many were. */
function makeWarning({ log, slots, now }: Pick<CapacityOptions, 'log' | 'slots'> & { now: () => number }) {
  let refused = 0;
  let warnedMs = Number.NEGATIVE_INFINITY;
  return () => {
    refused += 1;
    if (now() - warnedMs < WARN_EVERY_MS) return;
    log.warn(
      { event: 'capacity.exceeded', slots, queued: QUEUE_PER_SLOT * slots, refused },
      `at capacity: ${slots} requests under way, ${QUEUE_PER_SLOT * slots} waiting, ${refused} refused with 503`,
    );
    warnedMs = now();
    refused = 0;
  };
}

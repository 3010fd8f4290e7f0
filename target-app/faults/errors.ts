/** A leak of connections: an export of orders takes one from the pool each time and never gives it back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { wordsOf } from '../log.ts';
import type { Fault, FaultContext } from './fault.ts';

/** Between two exports, in ms: the pool of ten is empty after 1.5 s. */
const EVERY_MS = 150;

type Context = Pick<FaultContext, 'log' | 'pool'> & { everyMs?: number };

export function makeErrorsFault({ log, pool, everyMs = EVERY_MS }: Context): Fault {
  const leaked: pg.PoolClient[] = [];
  let running: AbortController | undefined;

  const exportOrders = async (signal: AbortSignal) => {
    const client = await pool.connect();
    // Reset came while this one waited for its connection.
    if (signal.aborted) return client.release();
    leaked.push(client);
    await client.query('SELECT count(*), sum(total_cents) FROM orders');
  };

  const leak = async (signal: AbortSignal) => {
    for (;;) {
      await exportOrders(signal).catch((error: unknown) =>
        log.warn({ event: 'export.failed' }, `export of orders failed: ${wordsOf(error)}`),
      );
      if (signal.aborted) return;
      if (leaked.length >= pool.options.max) break;
      await sleep(everyMs);
      if (signal.aborted) return;
    }
    log.warn(
      { event: 'fault.breach', fault: 'errors', leaked: leaked.length, max: pool.options.max },
      `all ${leaked.length} connections of the pool are taken and none comes back`,
    );
  };

  return {
    name: 'errors',
    trigger: '/trigger_errors',
    start: () => {
      if (!running) {
        running = new AbortController();
        void leak(running.signal);
      }
      return `all ${pool.options.max} connections of the pool are taken, one by one, and not given back`;
    },
    stop: () => {
      running?.abort();
      running = undefined;
      for (const client of leaked.splice(0)) client.release();
    },
  };
}

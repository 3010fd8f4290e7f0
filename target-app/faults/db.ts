/** Stocktaking that never ends: one connection sits idle in a transaction, and its lock makes every query of the shop wait. */
import type pg from 'pg';
import { connectionBeside } from '../database.ts';
import { wordsOf } from '../log.ts';
import type { Fault, FaultContext } from './fault.ts';

const LOCK = 'LOCK TABLE products, orders IN ACCESS EXCLUSIVE MODE';
/** A server may be set up to end such transactions. Asked for by name, because not every version knows each of them. */
const NO_TIME_LIMITS = `
SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN
('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout', 'statement_timeout', 'lock_timeout')`;

export function makeDbFault({ log, pool }: Pick<FaultContext, 'log' | 'pool'>): Fault {
  let holder: pg.Client | undefined;

  const stop = () => {
    // The server rolls back and frees the lock when the connection is gone; how it went does not matter.
    holder?.end().catch(() => undefined);
    holder = undefined;
  };

  const hold = async (client: pg.Client) => {
    const failed = (error: Error) => {
      // After a reset this is the connection we ended ourselves.
      if (client !== holder) return;
      log.error({ event: 'fault.lost', fault: 'db' }, `fault db is off again: ${wordsOf(error)}`);
      stop();
    };
    client.on('error', failed);
    try {
      await client.connect();
      await client.query(NO_TIME_LIMITS);
      await client.query('BEGIN');
      await client.query(LOCK);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (client === holder)
      log.warn(
        { event: 'fault.breach', fault: 'db' },
        'a transaction holds the tables products and orders; every query of the shop waits',
      );
  };

  return {
    name: 'db',
    trigger: '/trigger_db_latency',
    start: () => {
      if (!holder) {
        holder = connectionBeside(pool);
        void hold(holder);
      }
      return 'a transaction locks the tables products and orders and stays idle';
    },
    stop,
  };
}

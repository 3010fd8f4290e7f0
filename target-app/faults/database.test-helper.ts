/** A shop's database on a real server, and a log that remembers, for the tests of faults that break the database. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { parseConfig } from '../config.ts';
import { ensureSchema, makePool, type Pool } from '../database.ts';
import type { Log } from '../log.ts';

export interface ShopDatabase {
  postgres: TestPostgres;
  pool: Pool;
  log: Log;
  /** How many lines with `fault.breach` were logged for this fault. */
  breaches(fault: string): number;
  stop(): Promise<void>;
}

export async function startShopDatabase(): Promise<ShopDatabase> {
  const lines: { event?: string; fault?: string }[] = [];
  const record = (fields: object) => void lines.push(fields);
  const log = { info: record, warn: record, error: record };
  const postgres = await startPostgres();
  const parsed = parseConfig({ DATABASE_URL: await postgres.fresh('shop') });
  const { database } = 'config' in parsed ? parsed.config : assert.fail(parsed.problem);
  const pool = makePool({ database, instance: 'shop-7', log });
  await ensureSchema(pool);
  return {
    postgres,
    pool,
    log,
    breaches: (fault) => lines.filter((line) => line.event === 'fault.breach' && line.fault === fault).length,
    stop: async () => {
      await pool.end();
      await postgres.stop();
    },
  };
}

export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (await what()) return;
    await sleep(20);
  }
  assert.fail('not so within 10 s');
}

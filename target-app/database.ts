/** The shop's PostgreSQL: pool, schema, and the question whether it answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseConfig } from './config.ts';
import { type Log, wordsOf } from './log.ts';
import { SCHEMA, SCHEMA_LOCK, SEED } from './schema.ts';

export type Pool = pg.Pool;

/** A request waits at most this long for a free connection or for a statement, in ms; then it is told so. */
const WAIT_MS = 5_000;

export interface PoolOptions {
  database: DatabaseConfig;
  /** Who we are in `pg_stat_activity`: whoever finds a lock there wants to know which instance holds it. */
  instance: string;
  log: Log;
}

export function makePool({ database, instance, log }: PoolOptions): Pool {
  const pool = new pg.Pool({
    ...database,
    max: 10,
    connectionTimeoutMillis: WAIT_MS,
    statement_timeout: WAIT_MS,
    query_timeout: WAIT_MS + 1_000,
    application_name: instance,
  });
  const lost = (error: Error) =>
    log.warn({ event: 'database.connection_lost' }, `database connection lost: ${wordsOf(error)}`);
  // Without a listener, a connection that the server closes would end this process: an idle one, which the pool tells
  // again under its own name, and one that somebody holds, of which the pool knows nothing.
  pool.on('connect', (client) => client.on('error', lost));
  pool.on('error', () => undefined);
  return pool;
}

/** A connection of its own beside the pool: same database, same name, none of the pool's time limits. */
export function connectionBeside(pool: Pool): pg.Client {
  const { host, port, database, user, password, application_name } = pool.options;
  return new pg.Client({ host, port, database, user, password, application_name, keepAlive: true });
}

/** Creates tables and products. Safe to repeat, and safe when two instances start at once (one waits for the other). */
export async function ensureSchema(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    await client.query(SCHEMA);
    await client.query(SEED);
  });
}

export interface SchemaRetryOptions {
  pool: Pool;
  log: Log;
  signal: AbortSignal;
  retryMs?: number;
}

/** `ensureSchema` until it succeeds or `signal` aborts; says once that the database is missed. True when the schema is there. */
export async function ensureSchemaEventually({
  pool,
  log,
  signal,
  retryMs = 500,
}: SchemaRetryOptions): Promise<boolean> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await ensureSchema(pool);
      return true;
    } catch (error) {
      if (attempt === 1 && !signal.aborted)
        log.error(
          { event: 'database.unavailable' },
          `cannot prepare the database: ${wordsOf(error)}; trying again (start PostgreSQL or correct DATABASE_URL)`,
        );
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
}

/** Runs `work` in one transaction; whatever it throws rolls everything back and is thrown on. */
export async function inTransaction<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that cannot even roll back must not go back to the pool.
    await client.query('ROLLBACK').catch((rollback: Error) => {
      broken = rollback;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

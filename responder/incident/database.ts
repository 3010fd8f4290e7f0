/** The connection to PostgreSQL: pool, transactions, migrations, wake-up calls. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import Postgrator from 'postgrator';
import { AegisError, wordsOf } from '../errors.ts';
import { connectionFields } from '../postgres-url.ts';

/** Any number will do as long as all replicas use the same one. */
const MIGRATION_LOCK = 704_231_001;
const RECONNECT_MS = 500;
/**
 * Held by the server, because a frozen or cut-off replica cannot: else its row locks would stay for as long as TCP takes
 * to notice, and with them every alert of that target.
 */
const SERVER_LIMITS = {
  statement_timeout: 7_000,
  lock_timeout: 3_000,
  idle_in_transaction_session_timeout: 5_000,
};

export interface Sql {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
}

/** `query` runs one statement and throws AEGIS_DATABASE_DOWN where the server cannot be reached. */
export interface Database extends Sql {
  /** Runs `work` in one transaction; anything thrown rolls it back. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Brings the schema up to date; safe when several replicas start at once. */
  migrate(): Promise<void>;
  /** Calls `wake` for every NOTIFY on `channel`, reconnecting for as long as `signal` is not aborted. */
  listen(channel: string, wake: () => void, signal: AbortSignal): void;
  close(): Promise<void>;
}

export function makeDatabase({ url, onError }: { url: string; onError: (words: string) => void }): Database {
  const options = { ...connectionFields(url), connectionTimeoutMillis: 2_000 };
  const pool = new pg.Pool({ ...options, ...SERVER_LIMITS, query_timeout: 8_000, max: 10 });
  pool.on('error', (error) => onError(`idle database connection: ${wordsOf(error)}`));

  async function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch(translate);
    let broken: Error | undefined;
    const onBroken = (error: Error) => {
      broken = error;
    };
    client.on('error', onBroken);
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => {
        broken = failure; // the connection is gone; the server rolls back by itself
      });
      return translate(error);
    } finally {
      client.off('error', onBroken);
      client.release(broken);
    }
  }

  return {
    query: (text, values) => pool.query(text, values).catch(translate),
    transaction,
    migrate: () => migrate(options),
    listen(channel, wake, signal) {
      void listenForEver(options, channel, wake, signal, onError);
    },
    close: () => pool.end(),
  };
}

async function migrate(options: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...options, query_timeout: 60_000 });
  try {
    await client.connect();
    // One transaction, so that a crash leaves no migration done and not noted; the lock ends with it.
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const postgrator = new Postgrator({
      driver: 'pg',
      database: options.database as string,
      migrationPattern: fileURLToPath(new URL('./migrations/*.sql', import.meta.url)),
      execQuery: (query) => client.query(query),
    });
    await postgrator.migrate();
    await client.query('commit');
  } catch (error) {
    translate(error);
  } finally {
    await client.end();
  }
}

async function listenForEver(
  options: pg.ClientConfig,
  channel: string,
  wake: () => void,
  signal: AbortSignal,
  onError: (words: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({ ...options, keepAlive: true });
    const stop = () => void client.end();
    try {
      signal.addEventListener('abort', stop, { once: true });
      await client.connect();
      if (signal.aborted) return stop();
      const ended = new Promise<void>((resolve) =>
        client.once('end', resolve).once('error', () => resolve()),
      );
      client.on('notification', wake);
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      wake(); // whatever came while we were away
      await ended;
    } catch (error) {
      onError(`waiting for wake-up calls: ${wordsOf(error)} (polling goes on)`);
    } finally {
      signal.removeEventListener('abort', stop);
      client.removeAllListeners('error').on('error', () => {}); // the connection is given up already
      void client.end().catch(() => {});
    }
    if (!signal.aborted) await sleep(RECONNECT_MS);
  }
}

/** SQLSTATEs of a server that goes down, has no room, or was kept waiting by others: the same again later may do. */
const NOT_NOW = /^(08|53|57|40)\w{3}$|^(55P03|25P03)$/;

/** PostgreSQL's own refusals pass as they are; a server that cannot be reached becomes one clear error. */
function translate(error: unknown): never {
  if (error instanceof AegisError) throw error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const serverSpoke = /^[0-9A-Z]{5}$/.test(code) && !NOT_NOW.test(code) && code !== 'EPIPE';
  if (serverSpoke || (error instanceof Error && !isConnectionTrouble(error, code))) throw error;
  const what = NOT_NOW.test(code) ? 'PostgreSQL cannot do it now' : 'PostgreSQL cannot be reached';
  throw new AegisError('AEGIS_DATABASE_DOWN', `${what}: ${wordsOf(error)}`, { cause: error });
}

function isConnectionTrouble(error: Error, code: string): boolean {
  return (
    /^E[A-Z]+$/.test(code) ||
    NOT_NOW.test(code) ||
    /timeout|terminated|closed|not queryable/i.test(error.message) ||
    error instanceof AggregateError
  );
}

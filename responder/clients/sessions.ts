/** PostgreSQL's sessions and who waits for whom. Needs a role with `pg_monitor`: others see only their own sessions' states. */
import pg from 'pg';
import { AegisError, wordsOf } from '../errors.ts';
import { connectionFields } from '../postgres-url.ts';

export interface Session {
  pid: number;
  application: string;
  user: string;
  /** As pg_stat_activity has it; `unknown` where our role may not see it. */
  state: string;
  waitsForLock: boolean;
  /** How long its transaction has been open, in seconds; 0 where it is in none. */
  transactionSeconds: number;
  /** Its current or last statement, the first 200 characters. */
  query: string;
  /** Sessions that hold what it waits for, or stand before it in the queue. A prepared transaction is 0. */
  blockedBy: number[];
}
/** All sessions of the server but our own. Throws AEGIS_UPSTREAM. */
export type ReadSessions = () => Promise<Session[]>;

export interface Sessions {
  read: ReadSessions;
  close(): Promise<void>;
}

const STATEMENT_MS = 2_000;
const CONNECT_MS = 1_500;

/** `pg_blocking_pids` takes locks of the lock manager for a moment, so it is asked only for those who wait. */
const QUERY = `
SELECT pid,
       coalesce(application_name, '') AS application,
       coalesce(usename, '') AS "user",
       coalesce(state, 'unknown') AS state,
       wait_event_type IS NOT DISTINCT FROM 'Lock' AS "waitsForLock",
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8 AS "transactionSeconds",
       left(coalesce(query, ''), 200) AS query,
       CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS "blockedBy"
  FROM pg_stat_activity
 WHERE pid <> pg_backend_pid() AND datname IS NOT NULL`;

/** Connects when first asked. `onError` hears of connections that break while nobody uses them. */
export function makeSessions({ url, onError }: { url: string; onError: (words: string) => void }): Sessions {
  const pool = new pg.Pool({
    ...connectionFields(url),
    max: 2,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + 500,
    application_name: 'aegisops-evidence',
    // Seldom asked, and a connection kept for nothing is one less for those who need it.
    idleTimeoutMillis: 10_000,
  });
  pool.on('error', (error) => onError(`idle connection for evidence: ${wordsOf(error)}`));
  return {
    async read() {
      try {
        return (await pool.query<Session>(QUERY)).rows;
      } catch (error) {
        const words = `PostgreSQL, asked for its sessions: ${wordsOf(error)}`;
        throw new AegisError('AEGIS_UPSTREAM', words, { cause: error });
      }
    },
    close: () => pool.end(),
  };
}

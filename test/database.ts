/** A migrated database of the responder for one test file, and how to empty it again between tests. */
import assert from 'node:assert/strict';
import { type Database, makeDatabase } from '../responder/incident/database.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

export interface TestDatabase {
  postgres: TestPostgres;
  database: Database;
  url: string;
  /** Deletes every row but the lifecycle's. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server, makes and migrates one database. */
export async function startDatabase(): Promise<TestDatabase> {
  const postgres = await startPostgres();
  const url = await postgres.fresh('responder');
  const database = openDatabase(url);
  async function stop() {
    await database.close();
    await postgres.stop();
  }
  await database.migrate().catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    postgres,
    database,
    url,
    async empty() {
      await database.query(
        'truncate incident, episode, rejected_alert, action, audit, runbook, control, log_line, target_exit, target_exit_count, outbox_note, outbox, request_seen cascade',
      );
    },
    stop,
  };
}

/** Another connection pool, as another replica would have. */
export function openDatabase(url: string): Database {
  return makeDatabase({ url, onError: (words) => assert.fail(words) });
}

export async function rowsOf<Row extends Record<string, unknown>>(
  database: Database,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await database.query<Row>(text, values)).rows;
}

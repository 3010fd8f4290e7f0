/**
 * A real PostgreSQL for one test file, made of the same pieces as the demo's stack. It needs no system user of its own,
 * and the sweeper ends it even where the test is killed.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import type { StackContext } from '../tools/stack/context.ts';
import { startSweeper, workingDir } from '../tools/stack/folder.ts';
import { makeParts } from '../tools/stack/part.ts';
import { makePorts } from '../tools/stack/ports.ts';
import { postgresPlan } from '../tools/stack/postgres.ts';
import { UNIT_DIRS } from '../tools/stack/sweep.ts';

export interface TestPostgres {
  /** Makes an empty database and gives its connection URL. `name` is the beginning of its name. */
  fresh(name?: string): Promise<string>;
  /** Runs one statement as the superuser, outside of every database under test. */
  admin(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** Ends the server and deletes its files. */
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const dir = await workingDir();
  const sweep = await startSweeper(dir);
  try {
    const context = await contextOf(dir);
    const parts = makeParts({ unitDir: join(dir, PARTS), logDir: dir, release: context.ports.release });
    await parts.start(await postgresPlan(context, []));
    const urlOf = (database: string) =>
      `postgres://postgres:${context.databasePassword}@127.0.0.1:${context.ports.of('postgres')}/${database}`;
    const admin = new pg.Pool({ connectionString: urlOf('postgres'), max: 1 });
    let count = 0;
    return {
      admin: (text, values) => admin.query(text, values),
      async fresh(name = 'test') {
        const database = `${name}_${++count}`;
        await admin.query(`create database ${pg.escapeIdentifier(database)}`);
        return urlOf(database);
      },
      async stop() {
        await admin.end();
        await sweep();
      },
    };
  } catch (error) {
    await sweep();
    throw error;
  }
}

const PARTS = UNIT_DIRS[0] ?? 'parts';

async function contextOf(dir: string): Promise<StackContext> {
  const ports = makePorts();
  await ports.reserve('postgres', 0);
  const databasePassword = randomBytes(12).toString('hex');
  // PostgreSQL is the only part, so nobody reads the rest.
  return { dir, ports, databasePassword } as StackContext;
}

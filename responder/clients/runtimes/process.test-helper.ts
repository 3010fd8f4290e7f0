/** A folder with an inventory and one service in it, of tiny real processes; gone after the test. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProcessRuntime, type ProcessRuntime } from './process.ts';
import type { Group } from './process-inventory.ts';
import type { Unit } from './process-unit.ts';

/** Says that it started, and answers 200 with its name and release. */
const SERVER = `
console.log('started ' + process.env.VERSION + ' ' + process.pid);
require('node:http').createServer((q, a) => a.end(process.env.NAME + ' ' + process.env.VERSION))
  .listen(+process.env.PORT, '127.0.0.1');`;
export const never = new AbortController().signal;

export interface World {
  dir: string;
  runtime: ProcessRuntime;
  inventoryFile: string;
  /** Port of app-1. */
  port: number;
  path(file: string): string;
  groups(): Promise<Group[]>;
  writeGroups(groups: Group[]): Promise<void>;
  readUnit(instance: string): Promise<Unit>;
  /** The lines `started <version> <pid>` of an instance. */
  starts(instance: string): Promise<string[]>;
  /** Ends every process on record, then removes the folder. */
  end(): Promise<void>;
}

/** @param port where the search for free ports begins; each test file has its own range. */
export async function makeWorld(port: number): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'aegis-process-'));
  const inventoryFile = join(dir, 'inventory.json');
  const runtime = makeProcessRuntime({ dir, graceMs: 300, drainMs: 150 });
  const path = (file: string) => join(dir, file);
  const world: World = {
    ...{ dir, runtime, inventoryFile, port, path },
    groups: async () => JSON.parse(await readFile(inventoryFile, 'utf8')),
    writeGroups: (groups) => writeFile(inventoryFile, JSON.stringify(groups, null, 2)),
    readUnit: async (instance) => JSON.parse(await readFile(path(`${instance}.unit.json`), 'utf8')),
    async starts(instance) {
      const text = await readFile(path(`logs/${instance}.log`), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line.startsWith('started'));
    },
    async end() {
      for (const file of await readdir(dir))
        if (file.endsWith('.run')) await runtime.stop(await runtime.inspect(file.slice(0, -4)));
      await rm(dir, { recursive: true });
    },
  };
  await mkdir(path('logs'));
  await runtime.define('app-1', {
    command: [process.execPath, '-e', SERVER],
    cwd: dir,
    env: { PORT: '{ports.http}', NAME: '{instance}', VERSION: '1.0.0' },
    output: path('logs/{instance}.log'),
    version: '1.0.0',
    ports: { http: port },
  });
  await world.writeGroups([groupOf('app', 'app-1', port)]);
  return world;
}

export function groupOf(service: string, instance: string, port: number): Group {
  const url = `http://127.0.0.1:${port}`;
  const labels = { service, instance, 'aegis.url': url, 'aegis.health': `${url}/health`, 'team.own': 'kept' };
  return { targets: [`127.0.0.1:${port}`], labels, added_by_hand: true };
}

/** Waits until it is so, 5 s at most. */
export async function until(so: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await so()) && waited < 5_000; waited += 20) await sleep(20);
}

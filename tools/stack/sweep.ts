/** Ends everything that a stack started, from what lies in its folder: no memory of the starter is needed. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProcessRuntime } from '../../responder/clients/runtimes/process.ts';
import { forgetRunning } from './running.ts';

/** First whoever might start others, then all the rest, last the database that the rest are connected to. */
const ORDER: ((part: string) => boolean)[] = [
  (part) => part === 'responder',
  (part) => part !== 'postgres',
  () => true,
];
const GRACE_MS = 1_500;
const PASSES = 5;

/** Folders of unit and run files inside a stack's folder. */
export const UNIT_DIRS = ['parts', 'inventory'];

/** SIGTERM, then SIGKILL, by pid and start time; then removes the folder. Throws when something outlives it. */
export async function sweep(dir: string): Promise<void> {
  for (let pass = 1; (await endAll(dir)) > 0; pass++) {
    if (pass === PASSES) throw new Error(`processes of ${dir} keep coming back; end them by the *.run files`);
    await sleep(100); // a start that was under way may just now write its record
  }
  await forgetRunning(dir);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** @returns how many processes were still running. */
async function endAll(dir: string): Promise<number> {
  const runtimes = UNIT_DIRS.map((name) => join(dir, name)).map((unitDir) => ({
    unitDir,
    runtime: makeProcessRuntime({ dir: unitDir, graceMs: GRACE_MS }),
  }));
  let ended = 0;
  for (const isDue of ORDER) {
    for (const { unitDir, runtime } of runtimes) {
      const due = (await recorded(unitDir)).filter(isDue);
      const states = await Promise.all(due.map((name) => runtime.inspect(name)));
      const running = states.filter((state) => state.state === 'running');
      await Promise.all(running.map((state) => runtime.stop(state)));
      ended += running.length;
    }
  }
  return ended;
}

/** Whether any process that a stack started still runs. */
export async function isRunning(dir: string): Promise<boolean> {
  for (const unitDir of UNIT_DIRS.map((name) => join(dir, name))) {
    const { inspect } = makeProcessRuntime({ dir: unitDir });
    const states = await Promise.all((await recorded(unitDir)).map(inspect));
    if (states.some(({ state }) => state === 'running')) return true;
  }
  return false;
}

async function recorded(unitDir: string): Promise<string[]> {
  const files = await readdir(unitDir).catch(() => []); // nothing was started from there
  return files.filter((file) => file.endsWith('.run')).map((file) => file.slice(0, -'.run'.length));
}

/** One at a time, across processes. A lock outlives its holder's death, but not for long: the next one finds it dead. */
import { randomUUID } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AegisError } from '../../errors.ts';
import { processInfo } from './process-table.ts';
import { readIfThere } from './whole-file.ts';

const POLL_MS = 20;
/** What a dead holder had just begun (a shell that is about to record a start) ends within this, in ms. */
const SETTLE_MS = 100;
const BREAK_WAIT_MS = 1_000;

/**
 * Does the work while holding the lock file `path`. Throws AEGIS_RUNTIME when a living process holds it for longer
 * than `waitMs`; then nothing was done. Not reentrant.
 */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const draft = `${path}.${randomUUID()}`;
  const me = await processInfo(process.pid);
  // The draft's name makes each holding unlike every other, so that a dead one is never taken for its successor.
  await writeFile(draft, `${process.pid} ${me?.start} ${draft}`);
  try {
    await take(draft, path, waitMs);
  } finally {
    await rm(draft, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(draft: string, path: string, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!(await linked(draft, path))) {
    const holder = await readIfThere(path);
    if (holder === null) continue;
    if (!(await isAlive(holder))) await breakLock(path, holder);
    else if (performance.now() >= deadline)
      throw new AegisError('AEGIS_RUNTIME', `${path} is held by process ${holder.split(' ')[0]}`);
    else await sleep(POLL_MS);
  }
}

/**
 * Removes the lock of a dead holder. Under a lock of its own (which may be broken likewise): of two that found it dead
 * the slower would else remove the lock that the faster has taken since.
 */
async function breakLock(path: string, holder: string): Promise<void> {
  await withLock(`${path}.break`, BREAK_WAIT_MS, async () => {
    if ((await readIfThere(path)) !== holder) return;
    await sleep(SETTLE_MS);
    await rm(path, { force: true });
  });
}

/** A link appears with its contents, so a lock never stands without its holder's name. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid, start] = holder.split(' ');
  if (!/^[1-9]\d*$/.test(pid ?? '')) return false;
  return (await processInfo(Number(pid)))?.start === start;
}

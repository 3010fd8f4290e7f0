import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './process-lock.ts';
import { processInfo } from './process-table.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aegis-lock-'));
  path = join(dir, 'lock');
});
afterEach(() => rm(dir, { recursive: true }));

/** How many of `count` were inside at once, at most. */
async function crowd(count: number): Promise<number> {
  let [inside, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(10);
    inside--;
  };
  await Promise.all(Array.from({ length: count }, () => withLock(path, 5_000, work)));
  return most;
}

test('one at a time, and nothing is left', async () => {
  assert.equal(await crowd(8), 1);
  assert.deepEqual(await readdir(dir), []);
});

test('a failed work lets go, and its error comes through', async () => {
  const failing = withLock(path, 100, () => Promise.reject(new Error('broken')));
  await assert.rejects(failing, /broken/);
  assert.equal(await withLock(path, 100, async () => 'next'), 'next');
});

test('a living holder is waited for, then named, and not robbed', async () => {
  const info = await processInfo(process.pid);
  await writeFile(path, `${process.pid} ${info?.start} somebody`);
  await assert.rejects(
    withLock(path, 60, async () => assert.fail('entered')),
    new RegExp(`is held by process ${process.pid}`),
  );
  assert.deepEqual(await readdir(dir), ['lock']);
});

test('a holder that was killed, and a foreign process with its pid, hold nothing', async () => {
  const url = new URL('./process-lock.ts', import.meta.url).href;
  const script = `const { withLock } = await import(${JSON.stringify(url)});
    await withLock(${JSON.stringify(path)}, 100, async () => { console.log('in'); await new Promise(() => setInterval(() => 0, 1000)); });`;
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  await assert.rejects(withLock(path, 60, async () => assert.fail('entered')));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await crowd(6), 1);
  await writeFile(path, `${process.pid} 1 somebody of long ago`);
  assert.equal(await crowd(6), 1);
});

test('who died while it broke the lock of a dead one holds nothing either', async () => {
  await writeFile(path, '999999999 1 dead');
  await writeFile(`${path}.break`, '999999998 1 dead too');
  assert.equal(await crowd(4), 1);
  assert.deepEqual(await readdir(dir), []);
});

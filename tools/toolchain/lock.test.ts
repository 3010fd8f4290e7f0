import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, withLock } from './lock.ts';
import { tempDir } from './products.test-helper.ts';

const MODULE = new URL('lock.ts', import.meta.url).href;

test('the lock is held while working, and gone afterwards, also after an error', async (t) => {
  const dir = tempDir(t);
  const lock = join(dir, 'sub/x.lock');
  const owner = await withLock(lock, assert.fail, async () => Number(readFileSync(lock, 'utf8')));
  assert.equal(owner, process.pid);
  await assert.rejects(
    withLock(lock, assert.fail, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.deepEqual(readdirSync(join(dir, 'sub')), []);
});

test('the lock of a dead owner is taken over, and so is one that names nobody', async (t) => {
  const lock = join(tempDir(t), 'x.lock');
  for (const owner of [String(spawnSync('true').pid), 'nobody']) {
    writeFileSync(lock, owner);
    assert.equal(await withLock(lock, assert.fail, async () => 'done'), 'done');
  }
  assert.equal(existsSync(lock), false);
});

/** Works for 50 ms under the lock and writes down its beginning and end. */
const WORKER = `
  import { appendFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { withLock } from ${JSON.stringify(MODULE)};
  const [lock, log] = process.argv.slice(1);
  await withLock(lock, () => {}, async () => {
    appendFileSync(log, 'begin\\n');
    await sleep(50);
    appendFileSync(log, 'end\\n');
  });`;

test('three processes at once work one after another', async (t) => {
  const dir = tempDir(t);
  const log = join(dir, 'log');
  const workers = [1, 2, 3].map(() =>
    spawn(process.execPath, ['--input-type=module', '-e', WORKER, join(dir, 'x.lock'), log], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
      stdio: 'inherit',
    }),
  );
  const ends = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual(
    ends.map(([status]) => status),
    [0, 0, 0],
  );
  assert.equal(readFileSync(log, 'utf8'), 'begin\nend\n'.repeat(3));
});

test('nobody is alive under a number that is no process id', () => {
  assert.equal(isAlive(process.pid), true);
  for (const pid of [0, -1, Number.NaN, 1.5]) assert.equal(isAlive(pid), false);
});

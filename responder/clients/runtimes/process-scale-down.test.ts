import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, makeWorld, never, until, type World } from './process.test-helper.ts';
import { processInfo } from './process-table.ts';

const PORT = 47_300;
let world: World;

beforeEach(async () => {
  world = await makeWorld(PORT);
  await world.runtime.start('app-1', 'first');
});
afterEach(() => world.end());

const scaleUp = () => world.runtime.scaleUp('app-1', 'app-2', 'up', never);
const scaleDown = (startId = 'up', signal = never) => world.runtime.scaleDown('app-2', startId, signal);
const unlist = () => world.writeGroups([groupOf('app', 'app-1', PORT)]);

/** Nothing but the output of app-2 is there, and app-1 is as it was. */
async function assertGone(pid: number | null) {
  assert.equal(pid && (await processInfo(pid)), null);
  const left = await readdir(world.dir);
  assert.deepEqual(left.sort(), ['app-1.run', 'app-1.starts', 'app-1.unit.json', 'inventory.json', 'logs']);
  assert.deepEqual(await world.groups(), [groupOf('app', 'app-1', PORT)]);
  assert.equal((await world.runtime.inspect('app-1')).state, 'running');
}

test('it is unlisted first, ended after the time to drain, and its output kept', async () => {
  const { pid } = await scaleUp();
  const [began, down] = [performance.now(), scaleDown()];
  await until(async () => (await world.groups()).length === 1);
  assert.equal((await world.runtime.inspect('app-2')).state, 'running');
  await down;
  assert.ok(performance.now() - began >= 150);
  await assertGone(pid);
  assert.equal((await world.starts('app-2')).length, 1);
});

test('again there is nothing to do, and the name is free', async () => {
  const { pid } = await scaleUp();
  await Promise.all([scaleDown(), scaleDown()]);
  await scaleDown();
  await assertGone(pid);
  assert.equal(await world.runtime.nextInstance('app-1'), 'app-2');
});

test('what another start added, or a person made, is left alone', async () => {
  await scaleUp();
  await scaleDown('another');
  await world.runtime.scaleDown('app-1', 'first', never);
  await world.runtime.scaleDown('app-1', 'up', never);
  assert.equal((await world.groups()).length, 2);
  for (const name of ['app-1', 'app-2']) assert.equal((await world.runtime.inspect(name)).state, 'running');
  await scaleDown();
});

const CRASHES: Record<string, () => Promise<unknown>> = {
  'before it was listed': unlist,
  'after the process ended': async () => {
    await unlist();
    await world.runtime.stop(await world.runtime.inspect('app-2'));
  },
  'in the midst of removing files': async () => {
    await unlist();
    await world.runtime.stop(await world.runtime.inspect('app-2'));
    for (const file of ['app-2.starts', 'app-2.run'])
      await rm(world.path(file), { recursive: true, force: true });
  },
  'while it held both locks': async () => {
    await writeFile(`${world.inventoryFile}.lock`, '999999999 1 dead');
    await writeFile(world.path('app-2.lock'), '999999999 1 dead');
  },
  'and its process had died by itself': async () => world.runtime.stop(await world.runtime.inspect('app-2')),
};
for (const [when, crash] of Object.entries(CRASHES)) {
  test(`what crashed ${when} is finished by the next call`, async () => {
    const { pid } = await scaleUp();
    await crash();
    await scaleDown();
    await assertGone(pid);
  });
}

test('a unit file alone, from a scaling up that crashed before its start, is removed', async () => {
  await world.runtime.define('app-2', { ...(await world.readUnit('app-1')), addedBy: 'up' });
  await scaleDown();
  await assertGone(null);
});

test('a start that records itself only now is waited for and ended', async () => {
  const { pid } = await scaleUp();
  await unlist();
  const record = `${world.path('app-2.run')}`;
  const held = `${world.path('logs/held')}`;
  await rename(record, held);
  const down = scaleDown();
  await sleep(400);
  await rename(held, record);
  await down;
  await assertGone(pid);
});

test('one that was restarted or rolled since is ended all the same', async () => {
  const before = await scaleUp();
  const { pid } = await world.runtime.restart('app-2', before, 'restart', never);
  await scaleDown();
  await assertGone(pid);
});

test('a restart that comes at the same time leaves no process behind', async () => {
  const before = await scaleUp();
  const [restarted] = await Promise.allSettled([
    sleep(150).then(() => world.runtime.restart('app-2', before, 'restart', never)),
    scaleDown(),
  ]);
  await assertGone(restarted.status === 'fulfilled' ? restarted.value.pid : before.pid);
  assert.equal((await world.runtime.inspect('app-2')).state, 'unknown');
});

test('a foreign process with the pid on record is not touched', async () => {
  await world.runtime.stop(await scaleUp());
  const foreign = spawn('sleep', ['60'], { detached: true });
  await once(foreign, 'spawn');
  await writeFile(world.path('app-2.run'), `${foreign.pid} 1 up 1.0.0\n`);
  await scaleDown();
  await assertGone(null);
  assert.notEqual(await processInfo(foreign.pid ?? 0), null);
  foreign.kill();
});

test('an aborted call ends no process, and the next one finishes', async () => {
  const { pid } = await scaleUp();
  await assert.rejects(scaleDown('up', AbortSignal.timeout(50)));
  assert.equal((await world.runtime.inspect('app-2')).state, 'running');
  await scaleDown();
  await assertGone(pid);
});

test('what others write into the inventory meanwhile is kept', async () => {
  await scaleUp();
  const down = scaleDown();
  await until(async () => (await world.groups()).length === 1);
  await world.writeGroups([...(await world.groups()), groupOf('other', 'other-1', 1)]);
  await down;
  assert.deepEqual(
    (await world.groups()).map(({ labels }) => labels.instance),
    ['app-1', 'other-1'],
  );
});

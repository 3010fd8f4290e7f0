import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseInventory } from './inventory.ts';
import { groupOf, makeWorld, never, until, type World } from './process.test-helper.ts';
import type { RuntimeState } from './runtime.ts';

const PORT = 47_200;
let world: World;

beforeEach(async () => {
  world = await makeWorld(PORT);
});
afterEach(() => world.end());

const scaleUp = (instance = 'app-2', startId = 'up', signal = never) =>
  world.runtime.scaleUp('app-1', instance, startId, signal);
const listed = async () => (await world.groups()).map(({ labels }) => labels.instance);

/** One process, listed once. */
async function assertAdded(state: RuntimeState, instance = 'app-2') {
  assert.equal(state.state, 'running');
  await until(async () => (await world.starts(instance)).length > 0);
  await sleep(60);
  assert.equal((await world.starts(instance)).length, 1);
  assert.deepEqual(await listed(), ['app-1', instance]);
}

test('a copy has its own name and ports, answers, and is listed like the original', async () => {
  const state = await scaleUp(await world.runtime.nextInstance('app-1'));
  await assertAdded(state);
  assert.deepEqual([state.startId, state.version], ['up', '1.0.0']);
  const [, added] = await world.groups();
  const port = (await world.readUnit('app-2')).ports?.http ?? 0;
  assert.ok(port > PORT);
  assert.deepEqual(added, {
    ...groupOf('app', 'app-2', port),
    labels: { ...groupOf('app', 'app-2', port).labels, 'aegis.added-by': 'up' },
  });
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'app-2 1.0.0');
  const [target] = parseInventory(JSON.stringify(await world.groups()), 'auto');
  assert.deepEqual(
    target?.instances.map(({ id }) => id),
    ['app-1', 'app-2'],
  );
});

test('the smallest free number is given; what a person made or listed is not free', async () => {
  const next = () => world.runtime.nextInstance('app-1');
  assert.equal(await next(), 'app-2');
  await world.runtime.define('app-2', await world.readUnit('app-1'));
  assert.equal(await next(), 'app-3');
  await world.writeGroups([...(await world.groups()), groupOf('app', 'app-3', 1)]);
  assert.equal(await next(), 'app-4');
  await world.runtime.define('app-4', { ...(await world.readUnit('app-1')), addedBy: 'long ago' });
  assert.equal(await next(), 'app-4');
});

test('what cannot be told from its copy is not copied', async () => {
  const unit = await world.readUnit('app-1');
  const refused = async (words: RegExp) => {
    await assert.rejects(world.runtime.nextInstance('app-1'), words);
    await assert.rejects(scaleUp(), words);
    assert.ok(!(await readdir(world.dir)).includes('app-2.unit.json'));
  };
  await world.runtime.define('app-1', { ...unit, ports: {} });
  await refused(/names no ports/);
  await world.runtime.define('app-1', { ...unit, ports: { http: PORT + 1 } });
  await refused(/have none of its ports/);
  await world.writeGroups([]);
  await refused(/not in the inventory/);
});

test('ports of somebody else, and of instances that are down, are left alone', async () => {
  const blocker = createServer().listen(PORT + 1, '127.0.0.1');
  await once(blocker, 'listening');
  await world.runtime.define('other-1', { ...(await world.readUnit('app-1')), ports: { http: PORT + 2 } });
  await scaleUp();
  assert.ok(((await world.readUnit('app-2')).ports?.http ?? 0) > PORT + 2);
  blocker.close();
});

test('two who scale up at once get different names or ports, and both are listed', async () => {
  const states = await Promise.all([scaleUp('app-2', 'one'), scaleUp('app-3', 'two')]);
  assert.deepEqual(
    states.map(({ state }) => state),
    ['running', 'running'],
  );
  const ports = await Promise.all(['app-2', 'app-3'].map(async (i) => (await world.readUnit(i)).ports?.http));
  assert.equal(new Set([PORT, ...ports]).size, 3);
  assert.deepEqual((await listed()).sort(), ['app-1', 'app-2', 'app-3']);
});

test('of two who want one name, one gets it', async () => {
  const results = await Promise.allSettled([scaleUp('app-2', 'one'), scaleUp('app-2', 'two')]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.deepEqual(await listed(), ['app-1', 'app-2']);
  assert.equal((await world.starts('app-2')).length, 1);
});

test('the same start id adds one instance, however often and at once it is asked', async () => {
  const [a, b] = await Promise.all([scaleUp(), scaleUp()]);
  const again = await scaleUp();
  assert.deepEqual([a.identity, b.identity], [again.identity, again.identity]);
  await assertAdded(again);
});

const CRASHES: Record<string, () => Promise<unknown>> = {
  'after the unit file': async () =>
    world.runtime.define('app-2', {
      ...(await world.readUnit('app-1')),
      ports: { http: PORT + 7 },
      addedBy: 'up',
    }),
  'after the start': async () => {
    await scaleUp();
    await world.writeGroups([groupOf('app', 'app-1', PORT)]);
  },
  'while it held the lock': () => writeFile(`${world.inventoryFile}.lock`, '999999999 1 dead'),
};
for (const [when, crash] of Object.entries(CRASHES)) {
  test(`a scaling up that crashed ${when} is finished by the next call`, async () => {
    await crash();
    await assertAdded(await scaleUp());
  });
}

test('kill -9 at any instant, then the same call again: one instance, listed once', async () => {
  const module = JSON.stringify(new URL('./process.ts', import.meta.url).href);
  for (const ms of [0, 10, 25, 60, 120]) {
    const script = `
      const { makeProcessRuntime } = await import(${module});
      const runtime = makeProcessRuntime({ dir: ${JSON.stringify(world.dir)} });
      console.log('go');
      await runtime.scaleUp('app-1', 'app-2', 'up', new AbortController().signal);`;
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]);
    const gone = once(child, 'exit'); // it may end by itself before it is killed
    await once(child.stdout, 'data');
    await sleep(ms);
    child.kill('SIGKILL');
    await gone;
    await assertAdded(await scaleUp());
    await world.end();
    world = await makeWorld(PORT);
  }
});

test('a process that died is not started a second time, and not listed', async () => {
  await world.runtime.stop(await scaleUp());
  await world.writeGroups([groupOf('app', 'app-1', PORT)]);
  await assert.rejects(scaleUp(), /was started once and does not run/);
  assert.equal((await world.starts('app-2')).length, 1);
  assert.deepEqual(await listed(), ['app-1']);
});

test('a start id that was claimed by a start that died unrecorded is not used again', async () => {
  await world.runtime.define('app-2', { ...(await world.readUnit('app-1')), addedBy: 'up' });
  await mkdir(world.path('app-2.starts/up'), { recursive: true });
  await assert.rejects(scaleUp(), /was started once and does not run/);
  assert.equal((await world.runtime.inspect('app-2')).state, 'unknown');
});

test('an instance that ends at once is not listed', async () => {
  const unit = await world.readUnit('app-1');
  await world.runtime.define('app-1', { ...unit, command: ['/bin/sh', '-c', 'exit 1'] });
  await assert.rejects(scaleUp(), /does not run/);
  assert.deepEqual(await listed(), ['app-1']);
});

test('an instance that does not answer in time is listed all the same', async () => {
  const unit = await world.readUnit('app-1');
  await world.runtime.define('app-1', { ...unit, command: ['/bin/sh', '-c', 'echo started; sleep 60'] });
  await assertAdded(await scaleUp());
});

test('an aborted call lists nothing', async () => {
  await assert.rejects(scaleUp('app-2', 'up', AbortSignal.abort()));
  assert.deepEqual(await listed(), ['app-1']);
  assert.equal((await world.runtime.inspect('app-2')).state, 'unknown');
});

test('an instance that was added has the history of the original, and keeps its own ports when rolled', async () => {
  await world.runtime.deploy('app-1', { version: '1.1.0', env: { VERSION: '1.1.0' } }, 'd', 'deploy');
  const state = await scaleUp();
  assert.equal(state.version, '1.1.0');
  const versions = (await world.runtime.releases('app-2')).map(({ version }) => version);
  assert.deepEqual(versions, ['1.0.0', '1.1.0']);
  const rolled = await world.runtime.roll('app-2', state, '1.0.0', 'roll', never);
  assert.equal(rolled.version, '1.0.0');
  const { ports, addedBy } = await world.readUnit('app-2');
  assert.notEqual(ports?.http, PORT);
  assert.equal(addedBy, 'up');
  // Started under another id by now, and still the one that was added: nothing is missing.
  assert.equal((await scaleUp()).identity, rolled.identity);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeWorld, never, until, type World } from './process.test-helper.ts';
import { makeInstances } from './process-instances.ts';
import { changedRelease, putRelease, releaseFor } from './process-releases.ts';
import { processInfo } from './process-table.ts';
import type { RuntimeState } from './runtime.ts';

let world: World;
const now = new Date('2026-01-02T03:04:05Z');

beforeEach(async () => {
  world = await makeWorld(47_100);
});
afterEach(() => world.end());

const versions = async () => (await world.runtime.releases('app-1')).map(({ version }) => version);
const files = () => makeInstances({ dir: world.dir, graceMs: 300 });
const deploy = (version: string, startId: string) =>
  world.runtime.deploy('app-1', { version, env: { VERSION: version } }, startId, 'deploy');

/** 1.0.0 was there, 1.1.0 runs. */
async function deployed(): Promise<RuntimeState> {
  await world.runtime.start('app-1', 'first');
  await until(async () => (await world.starts('app-1')).length === 1);
  await deploy('1.1.0', 'second');
  await until(async () => (await world.starts('app-1')).length === 2);
  return world.runtime.inspect('app-1');
}
/** Exactly one process runs, of the release 1.0.0, and the record has one entry of this start. */
async function assertRolled(after: RuntimeState, before: RuntimeState) {
  assert.deepEqual([after.state, after.version, after.startId], ['running', '1.0.0', 'roll']);
  await until(async () => (await world.starts('app-1')).length === 3);
  await sleep(60);
  const starts = await world.starts('app-1');
  assert.equal(starts.length, 3, starts.join());
  assert.match(starts[2] ?? '', new RegExp(`^started 1\\.0\\.0 ${after.pid}$`));
  assert.equal(await processInfo(before.pid ?? 0), null);
  assert.deepEqual(await versions(), ['1.0.0', '1.1.0', '1.0.0']);
  assert.equal((await world.readUnit('app-1')).version, '1.0.0');
}

test('an instance without a record has one of its present unit, if that names a version', async () => {
  const [only, ...more] = await world.runtime.releases('app-1');
  assert.equal(only?.version, '1.0.0');
  assert.ok(Math.abs(Date.parse(only?.at ?? '') - Date.now()) < 60_000);
  assert.deepEqual(more, []);
  const { version: _, ...unit } = await world.readUnit('app-1');
  await world.runtime.define('app-1', unit as never);
  assert.deepEqual(await world.runtime.releases('app-1'), []);
  assert.deepEqual(await world.runtime.releases('nobody'), []);
});

test('a deploy keeps what ran before on record, with how it is started', async () => {
  const state = await deployed();
  assert.deepEqual([state.version, state.startId], ['1.1.0', 'second']);
  assert.deepEqual(await versions(), ['1.0.0', '1.1.0']);
  const again = await deploy('1.1.0', 'second');
  assert.equal(again.identity, state.identity);
  assert.deepEqual(await versions(), ['1.0.0', '1.1.0']);
  assert.equal((await world.runtime.releases('app-1'))[1]?.by, 'deploy');
  assert.equal((await world.readUnit('app-1')).env.PORT, '{ports.http}');
});

test('a release that is not on record stops nothing', async () => {
  const before = await deployed();
  await assert.rejects(
    world.runtime.roll('app-1', before, '0.9.0', 'roll', never),
    /has no release 0\.9\.0; it has 1\.0\.0, 1\.1\.0/,
  );
  assert.equal((await world.runtime.inspect('app-1')).identity, before.identity);
});

test('roll puts the recorded release back, once for each start id', async () => {
  const before = await deployed();
  const after = await world.runtime.roll('app-1', before, '1.0.0', 'roll', never);
  await assertRolled(after, before);
  assert.equal((await world.runtime.releases('app-1'))[2]?.by, 'roll');
  const again = await world.runtime.roll('app-1', before, '1.0.0', 'roll', never);
  await assertRolled(again, before);
});

test('two calls at once under one start id start one process', async () => {
  const before = await deployed();
  const roll = () => world.runtime.roll('app-1', before, '1.0.0', 'roll', never);
  const [a, b] = await Promise.all([roll(), roll()]);
  assert.equal(a.identity, b.identity);
  await assertRolled(a, before);
});

const put = async () => {
  const release = await releaseFor(files(), 'app-1', '1.0.0', 'roll');
  await putRelease(files(), 'app-1', release, { startId: 'roll', by: 'roll', now });
};
const CRASHES: Record<string, (before: RuntimeState) => Promise<void>> = {
  'after the stop': (before) => world.runtime.stop(before),
  'after the entry, before the unit file': async (before) => {
    await world.runtime.stop(before);
    const unit = await readFile(world.path('app-1.unit.json'));
    await put();
    await writeFile(world.path('app-1.unit.json'), unit);
  },
  'after the unit file': async (before) => {
    await world.runtime.stop(before);
    await put();
  },
  'after a deploy that put its release in place and crashed, too': async (before) => {
    await world.runtime.stop(before);
    await put();
    const bad = await changedRelease(files(), 'app-1', { version: '1.1.0', env: { VERSION: '1.1.0' } });
    await putRelease(files(), 'app-1', bad, { startId: 'third', by: 'deploy', now });
  },
};
for (const [when, crash] of Object.entries(CRASHES)) {
  test(`a roll that crashed ${when} is finished by the next call`, async () => {
    const before = await deployed();
    await crash(before);
    const after = await world.runtime.roll('app-1', before, '1.0.0', 'roll', never);
    if (when.startsWith('after a deploy')) {
      assert.deepEqual([after.state, after.version], ['running', '1.0.0']);
      assert.deepEqual(await versions(), ['1.0.0', '1.1.0', '1.1.0', '1.0.0']);
    } else await assertRolled(after, before);
  });
}

test('kill -9 at any instant, then the same call again: one process of the right release', async () => {
  const module = JSON.stringify(new URL('./process.ts', import.meta.url).href);
  for (const ms of [0, 3, 10, 25, 60]) {
    const before = await deployed();
    const script = `
      const { makeProcessRuntime } = await import(${module});
      const runtime = makeProcessRuntime({ dir: ${JSON.stringify(world.dir)}, graceMs: 300 });
      console.log('go');
      await runtime.roll('app-1', ${JSON.stringify(before)}, '1.0.0', 'roll', new AbortController().signal);`;
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]);
    const gone = once(child, 'exit'); // it may end by itself before it is killed
    await once(child.stdout, 'data');
    await sleep(ms);
    child.kill('SIGKILL');
    await gone;
    const after = await world.runtime.roll('app-1', before, '1.0.0', 'roll', never);
    await assertRolled(after, before);
    await world.end();
    world = await makeWorld(47_100);
  }
});

test('somebody who started it meanwhile is not undone', async () => {
  const before = await deployed();
  const theirs = await deploy('1.2.0', 'theirs');
  await assert.rejects(
    world.runtime.roll('app-1', before, '1.0.0', 'roll', never),
    /started by somebody else meanwhile/,
  );
  assert.equal((await world.runtime.inspect('app-1')).identity, theirs.identity);
  assert.deepEqual(await versions(), ['1.0.0', '1.1.0', '1.2.0']);
  assert.equal((await world.readUnit('app-1')).version, '1.2.0');
});

test('an aborted call leaves it running; a foreign process with the pid on record is left alone', async () => {
  const before = await deployed();
  await assert.rejects(world.runtime.roll('app-1', before, '1.0.0', 'roll', AbortSignal.abort()));
  assert.equal((await world.runtime.inspect('app-1')).identity, before.identity);
  await world.runtime.stop(before);
  const foreign = spawn('sleep', ['60'], { detached: true });
  await once(foreign, 'spawn');
  await writeFile(world.path('app-1.run'), `${foreign.pid} 1 second 1.1.0\n`);
  const gone = await world.runtime.inspect('app-1');
  assert.equal(gone.state, 'exited');
  const after = await world.runtime.roll('app-1', gone, '1.0.0', 'roll', never);
  assert.equal(after.state, 'running');
  assert.notEqual(await processInfo(foreign.pid ?? 0), null);
  foreign.kill();
});

test('the record keeps the last 20', async () => {
  for (let n = 0; n < 25; n++) {
    const release = await changedRelease(files(), 'app-1', { version: `1.0.${n}` });
    await putRelease(files(), 'app-1', release, { startId: `s${n}`, by: 'deploy', now });
  }
  const kept = await versions();
  assert.deepEqual([kept.length, kept[0], kept.at(-1)], [20, '1.0.5', '1.0.24']);
});

test('a release that could not be started is refused before anything is stopped', async () => {
  const before = await deployed();
  await assert.rejects(deploy('no version', 'third'), /cannot become no version/);
  const broken = { version: '1.3.0', command: ['{ports.metrics}'] };
  await assert.rejects(
    world.runtime.deploy('app-1', broken, 'third', 'deploy'),
    /names \{ports\.metrics\}; its ports: http/,
  );
  assert.equal((await world.runtime.inspect('app-1')).identity, before.identity);
});

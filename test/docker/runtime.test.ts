/** The docker runtime on a real engine: each action, what is refused, and what a crash between two calls leaves behind. */
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { makeDockerRuntime } from '../../responder/clients/runtimes/docker.ts';
import { type Engine, EngineRefusal, makeEngine } from '../../responder/clients/runtimes/docker-engine.ts';
import { until } from '../../tools/demo/wait.ts';
import { buildReleases, makeDocker, makeShop } from './containers.ts';

const SHOP = 'aegis-test-shop';
const NETWORK = 'aegis-test-net';
const HOST = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
const docker = makeDocker();
const engine = makeEngine(HOST);
const forever = new AbortController().signal;

const unbuild = await buildReleases(docker, SHOP, ['1.0.0', '1.1.0', 'broken-2.0.0']);
await docker('network', 'create', NETWORK);
const shop = makeShop({
  name: SHOP,
  engine,
  docker,
  network: ['--network', NETWORK, '--network-alias', SHOP],
});
const { inspect } = shop;
after(async () => {
  await docker('network', 'rm', NETWORK);
  await unbuild();
});
afterEach(shop.clear);

const runtimeOn = (on: Engine) =>
  makeDockerRuntime({
    engine: on,
    meter: { seconds: () => null, cores: () => null },
    protection: { hosts: ['prometheus'], ownId: null, filter: null },
    graceMs: 2_000,
    drainMs: 2_000,
    healthOf: async () => null,
  });
const runtime = runtimeOn(engine);

test('RESTART: the same container, a new process', async () => {
  const id = await shop.start('1.0.0');
  const before = await runtime.inspect(`${SHOP}-1`);
  assert.deepEqual([before.state, before.version, before.startId], ['running', '1.0.0', null]);
  const after = await runtime.restart(`${SHOP}-1`, before, 'start-1', forever);
  assert.equal(after.state, 'running');
  assert.notEqual(after.identity, before.identity);
  assert.equal((await inspect(`${SHOP}-1`)).Id, id);
  await assert.rejects(runtime.restart(`${SHOP}-1`, before, 'start-2', forever), /somebody else meanwhile/);
  await until('both processes to have spoken', 10_000, async () =>
    /serves 1\.0\.0\nserves 1\.0\.0/.test(await runtime.tail(`${SHOP}-1`, 100)) ? true : null,
  );
});

test('ROLLBACK: the image that ran before, all else as it was; the new one is kept, and an undo brings back that very one', async () => {
  await shop.deployed(['-p', '127.0.0.1::8000', '--hostname', 'shop-host']);
  const bad = await inspect(`${SHOP}-1`);
  const before = await runtime.inspect(`${SHOP}-1`);
  assert.deepEqual(
    (await runtime.releases(`${SHOP}-1`)).map(({ version }) => version),
    ['1.0.0', '1.1.0'],
  );

  const rolled = await runtime.roll(`${SHOP}-1`, before, '1.0.0', 'start-1', forever);
  assert.deepEqual([rolled.state, rolled.version, rolled.startId], ['running', '1.0.0', 'start-1']);
  const good = await inspect(`${SHOP}-1`);
  assert.deepEqual(good.Config.Env.filter((entry) => /^(RELEASE|MINE)=/.test(entry)).toSorted(), [
    'MINE=kept',
    'RELEASE=1.0.0',
  ]);
  assert.equal(good.HostConfig.Memory, bad.HostConfig.Memory);
  assert.deepEqual(good.HostConfig.PortBindings, bad.HostConfig.PortBindings);
  assert.equal(good.Config.Hostname, 'shop-host');
  assert.ok(good.NetworkSettings.Networks[NETWORK]?.Aliases?.includes(SHOP));
  assert.equal((await inspect(`${SHOP}-1.aegis-kept-start-1`)).Id, bad.Id);
  assert.equal(
    (await runtime.roll(`${SHOP}-1`, before, '1.0.0', 'start-1', forever)).identity,
    rolled.identity,
    'done once',
  );

  await runtime.proved(`${SHOP}-1`, 'another-start');
  const undone = await runtime.roll(`${SHOP}-1`, rolled, '1.1.0', 'start-1-undo', forever);
  assert.deepEqual([undone.version, undone.startId], ['1.1.0', 'start-1-undo']);
  assert.equal((await inspect(`${SHOP}-1`)).Id, bad.Id, 'the very container');

  assert.equal((await inspect(`${SHOP}-1.aegis-kept-start-1-undo`)).Id, good.Id);
  await runtime.proved(`${SHOP}-1`, 'start-1-undo');
  assert.equal(await engine.inspect(good.Id), null, 'what has proved itself needs nothing to go back to');
});

test('ROLLBACK to what does not live: what ran is back, and the call says so', async () => {
  const id = await shop.start('1.1.0');
  const image = await engine.image(`${SHOP}:broken-2.0.0`);
  await engine.tag(image?.Id ?? '', `aegis-releases/${SHOP}`, '20200101T000000000Z_broken-2.0.0_deploy');
  const before = await runtime.inspect(`${SHOP}-1`);
  await assert.rejects(
    runtime.roll(`${SHOP}-1`, before, 'broken-2.0.0', 'start-1', forever),
    /broken-2\.0\.0 of aegis-test-shop-1 ended at once with exit code 3; what ran before is back/,
  );
  assert.equal((await inspect(`${SHOP}-1`)).Id, id);
  assert.equal((await runtime.inspect(`${SHOP}-1`)).state, 'running');
  assert.equal(
    await docker('ps', '-aq', '--filter', `name=${SHOP}`, '--no-trunc'),
    id,
    'nothing is left over',
  );
});

test('ROLLBACK to what the engine cannot even start: what ran is back, and the call says why', async () => {
  await shop.deployed();
  const before = await runtime.inspect(`${SHOP}-1`);
  const bad = await inspect(`${SHOP}-1`);
  const refusing = {
    ...engine,
    start: async (name: string, signal: AbortSignal) => {
      if (name !== bad.Id) throw new EngineRefusal('exec: not found', 400, null);
      return engine.start(name, signal);
    },
  };
  const other = runtimeOn(refusing);
  await assert.rejects(
    other.roll(`${SHOP}-1`, before, '1.0.0', 'start-1', forever),
    /exec: not found; what ran before is back/,
  );
  assert.equal((await inspect(`${SHOP}-1`)).Id, bad.Id);
  assert.equal((await runtime.inspect(`${SHOP}-1`)).state, 'running');
  assert.equal(
    await docker('ps', '-aq', '--filter', `name=${SHOP}`, '--no-trunc'),
    bad.Id,
    'nothing is left over',
  );
});

test('SCALE_UP and back: one more like it, without what only one can have', async () => {
  await shop.start('1.0.0', ['-p', '127.0.0.1::8000', '--hostname', 'shop-host']);
  assert.equal(await runtime.nextInstance(`${SHOP}-1`), `${SHOP}-2`);
  const added = await runtime.scaleUp(`${SHOP}-1`, `${SHOP}-2`, 'start-1', forever);
  assert.deepEqual([added.state, added.startId, added.version], ['running', 'start-1', '1.0.0']);
  const replica = await inspect(`${SHOP}-2`);
  assert.equal(replica.Config.Hostname, replica.Id.slice(0, 12));
  assert.deepEqual(replica.HostConfig.PortBindings, {});
  const address = await docker(
    'exec',
    `${SHOP}-1`,
    'node',
    '-p',
    `require('dns').lookup('${SHOP}', {all: true}, (e, a) => console.log(a.length))`,
  );
  assert.match(address, /^2$/m, 'both answer to the alias');
  await runtime.scaleUp(`${SHOP}-1`, `${SHOP}-2`, 'start-1', forever);
  await assert.rejects(runtime.scaleUp(`${SHOP}-1`, `${SHOP}-2`, 'start-9', forever), /not by this action/);

  await runtime.scaleDown(`${SHOP}-2`, 'start-9', forever);
  assert.ok(await engine.inspect(`${SHOP}-2`), 'whose it is not leaves it alone');
  await runtime.scaleDown(`${SHOP}-2`, 'start-1', forever);
  assert.equal(await engine.inspect(`${SHOP}-2`), null);
  await runtime.scaleDown(`${SHOP}-2`, 'start-1', forever);
});

test('two that would write to one volume are not made', async () => {
  await shop.start('1.0.0', ['-v', 'aegis-test-shop-data:/data']);
  await assert.rejects(
    runtime.nextInstance(`${SHOP}-1`),
    /both would write to aegis-test-shop-data \(\/data\)/,
  );
  await shop.clear();
  await docker('volume', 'rm', 'aegis-test-shop-data');
});

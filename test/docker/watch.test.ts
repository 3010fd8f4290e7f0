/** Following a real engine behind the documented proxy: what comes and goes, what ends and why, and an engine that lets us only look. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { makeCpuMeter } from '../../responder/clients/runtimes/docker-cpu.ts';
import { makeEngine } from '../../responder/clients/runtimes/docker-engine.ts';
import type { Exit } from '../../responder/clients/runtimes/docker-exits.ts';
import { makeWatch } from '../../responder/clients/runtimes/docker-watch.ts';
import { until } from '../../tools/demo/wait.ts';
import { buildReleases, makeDocker, makeShop } from './containers.ts';
import { startSocketProxy } from './socket-proxy.ts';

const SHOP = 'aegis-watch-shop';
const NETWORK = 'aegis-watch-net';
const SOCKET = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const PATIENCE_MS = 15_000;
const docker = makeDocker();

const dir = await mkdtemp(join(tmpdir(), 'aegisops-watch-'));
const proxy = await startSocketProxy(join(dir, 'docker.sock'), SOCKET);
const unbuild = await buildReleases(docker, SHOP, ['1.0.0', '1.1.0']);
await docker('network', 'create', NETWORK);
const direct = makeEngine(`unix://${SOCKET}`);
const shop = makeShop({
  name: SHOP,
  engine: direct,
  docker,
  network: ['--network', NETWORK, '--network-alias', SHOP],
});
const file = join(dir, 'inventory', 'inventory.json');
const exits: Exit[] = [];
const said: string[] = [];
const ended = new AbortController();
const meter = makeCpuMeter(direct);
const watch = makeWatch({
  engine: makeEngine(`unix://${join(dir, 'docker.sock')}`),
  protection: { hosts: [], ownId: null, filter: null },
  file,
  onExit: (exit) => void (exit.target === SHOP && exits.push(exit)),
  onRunning: meter.follow,
  onError: (words) => void said.push(words),
  onInfo: (words) => void said.push(words),
});
await watch.start(ended.signal);
meter.start(ended.signal);
after(async () => {
  ended.abort();
  await proxy.close();
  await docker('network', 'rm', NETWORK);
  await unbuild();
  await rm(dir, { recursive: true });
});
afterEach(shop.clear);

const listed = async () => {
  const groups = JSON.parse(await readFile(file, 'utf8')) as { labels: Record<string, string> }[];
  return groups.filter(({ labels }) => labels.service === SHOP).map(({ labels }) => labels.instance);
};
const untilListed = (...names: string[]) =>
  until(`the inventory to list ${names.join(', ') || 'nothing'}`, PATIENCE_MS, async () => {
    const now = await listed();
    assert.deepEqual(now, names);
    return true;
  });
const nextExit = async (what: string, count = 1) => {
  await until(what, PATIENCE_MS, async () => (exits.length >= count ? true : null));
  return exits.splice(0).at(-1) as Exit;
};

test('what is opted in is listed as it comes and goes, and its images go on record', async () => {
  assert.equal(watch.limit(), null);
  await shop.start('1.0.0');
  await untilListed(`${SHOP}-1`);
  const tags = () => docker('images', '--format', '{{.Tag}}', `aegis-releases/${SHOP}`);
  await until('it to be on record', PATIENCE_MS, async () =>
    /_1\.0\.0_deploy/.test(await tags()) ? true : null,
  );
  await docker('rm', '-f', `${SHOP}-1`);
  await untilListed();
});

test('the CPU that a container uses is measured in the background', async () => {
  const id = await shop.start('1.0.0');
  await docker('exec', '-d', `${SHOP}-1`, 'node', '-e', 'for (;;);');
  await until('a core in use', PATIENCE_MS, async () => ((meter.cores(id) ?? 0) > 0.5 ? true : null));
  assert.ok((meter.seconds(id) ?? 0) > 0);
});

test('a crash, a kill, a kill by the kernel for its memory and a stop are told apart', async () => {
  exits.length = 0;
  await shop.start('1.0.0', ['--restart', 'no']);
  const id = (await shop.inspect(`${SHOP}-1`)).Id;
  const ask = (path: string) =>
    docker('exec', `${SHOP}-1`, 'node', '-e', `fetch('http://127.0.0.1:8000${path}').catch(() => {})`).catch(
      () => '',
    );
  const isServing = async () => {
    const say = "fetch('http://127.0.0.1:8000/').then(() => console.log('yes'))";
    return (await docker('exec', `${SHOP}-1`, 'node', '-e', say)).includes('yes') ? true : null;
  };
  const serves = () => until('it to serve', PATIENCE_MS, isServing);
  const startAgain = async () => {
    await docker('start', `${SHOP}-1`);
    await serves();
  };

  await serves();
  await ask('/exit/7');
  const crash = await nextExit('a crash');
  assert.deepEqual([crash.exitCode, crash.requested, crash.oomKilled], [7, false, false]);
  assert.ok(crash.key.startsWith(id) && (crash.livedMs ?? -1) >= 0);

  await startAgain();
  await docker('kill', `${SHOP}-1`);
  const killed = await nextExit('a kill');
  assert.deepEqual([killed.exitCode, killed.requested, killed.oomKilled], [137, false, false]);

  await startAgain();
  await docker('stop', `${SHOP}-1`);
  const stopped = await nextExit('a stop');
  assert.deepEqual([stopped.exitCode, stopped.requested], [0, true]);

  await startAgain();
  await ask('/fill');
  await until('the kernel to kill it', PATIENCE_MS, async () =>
    exits.some((exit) => exit.oomKilled) ? true : null,
  );
  assert.equal(new Set(exits.map(({ key }) => key)).size, 1, 'one end, told once or twice');
  assert.equal(exits.at(-1)?.exitCode, 137);
});

test('what Compose replaces is one instance, and a container that was set aside and is started again has its name back', async () => {
  await shop.start('1.0.0');
  await docker('rename', `${SHOP}-1`, `0123456789ab_${SHOP}-1`);
  await untilListed(`${SHOP}-1`);
  await docker('rename', `0123456789ab_${SHOP}-1`, `${SHOP}-1.aegis-kept-start-1`);
  await until('its name', PATIENCE_MS, async () => ((await direct.inspect(`${SHOP}-1`)) ? true : null));
  await untilListed(`${SHOP}-1`);
});

test('a proxy that lets only looks pass, and a socket that is gone: said once, and over by itself', async () => {
  await shop.start('1.0.0');
  await untilListed(`${SHOP}-1`);
  for (const [mode, words] of [
    ['read-only', /lets us look but not act \(403\)/],
    ['gone', /cannot be reached/],
  ] as const) {
    said.length = 0;
    proxy.mode = mode;
    await until(`${mode} to be noticed`, PATIENCE_MS, async () =>
      words.test(watch.limit() ?? '') ? true : null,
    );
    proxy.mode = 'documented';
    await until('it to be over', PATIENCE_MS, async () => (watch.limit() === null ? true : null));
    assert.equal(said.filter((line) => /only observing/.test(line)).length, 1, said.join('\n'));
    assert.match(said.at(-1) ?? '', /can be used/);
    assert.deepEqual(await listed(), [`${SHOP}-1`], 'what was known stays');
  }
});

test('nothing was asked of the engine that the documents do not list', () => {
  assert.deepEqual(proxy.refused, []);
});

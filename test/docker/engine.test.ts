/** The tests' own engine: it runs containers, survives a restart and a crash, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gone } from '../../tools/test/gone.test-helper.ts';
import { run } from '../../tools/toolchain/command.ts';
import { type Engine, startEngine, whyNoEngine } from './engine.ts';
import { cgroupOf } from './engine-sweep.ts';
import { node } from './images/node.ts';

const skip = whyNoEngine() ?? false;
/** Says that it is there once it can be asked to end. */
const FOREVER =
  'process.on("SIGTERM", () => process.exit()); setInterval(() => {}, 1e6); console.log("there")';
/** Network interfaces that do not come and go with other tests' containers: docker0 among them. */
const interfaces = () =>
  skip ? [] : readdirSync('/sys/class/net').filter((name) => !/^(veth|br-)/.test(name));
const hadInterfaces = interfaces();
let engine: Engine;

before(async () => {
  if (skip) return;
  engine = await startEngine();
  await engine.load(node.image);
});
after(() => engine?.stop());

/** Starts a container that goes on until it is ended. */
async function begin(name: string, ...options: string[]): Promise<void> {
  await engine.docker('run', '--detach', '--name', name, ...options, node.image, '-e', FOREVER);
  await until(`${name} to be there`, async () => (await engine.docker('logs', name)).includes('there'));
}

const field = (name: string, path: string) => engine.docker('inspect', '--format', `{{${path}}}`, name);

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 15_000; !(await done()); await sleep(100))
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`);
}

/** Processes, mounts and network interfaces that an engine in this folder is known by. */
function tracesOf(dir: string): string[] {
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => contents(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
  const lines = [...commands, ...contents('/proc/self/mountinfo').split('\n')];
  const groups = [`/sys/fs/cgroup${cgroupOf(dir)}`, `/sys/fs/cgroup/memory${cgroupOf(dir)}`];
  return [
    ...lines.filter((line) => line.includes(`${dir}/`)),
    ...[dir, ...groups].filter((path) => existsSync(path)),
  ];
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a process that is gone meanwhile
  }
}

test('a container runs, and the engine of the machine does not know it', { skip }, async () => {
  const args = ['run', '--rm', '--name', 'aegisops-engine-test', '--network', 'none', node.image];
  assert.equal(await engine.docker(...args, '-p', '6 * 7'), '42');
  await begin('private', '--network', 'host');
  const { code } = await run('docker', ['container', 'inspect', 'private']);
  assert.equal(code, 1);
});

test('a published port answers on this machine', { skip }, async () => {
  const serve = 'require("http").createServer((_, response) => response.end("served")).listen(8000)';
  const args = ['run', '--detach', '--name', 'serves', '--publish', '127.0.0.1::8000', node.image];
  await engine.docker(...args, '-e', serve);
  const address = await engine.docker('port', 'serves', '8000');
  const answer = () => fetch(`http://${address}`).then((response) => response.text());
  await until('an answer', async () => (await answer().catch(() => '')) === 'served');
  await engine.docker('rm', '--force', 'serves');
});

test('containers on a network of their own find each other by name', { skip }, async () => {
  await engine.docker('network', 'create', 'own');
  await begin('found', '--network', 'own');
  const script = 'require("dns").lookup("found", (error, address) => console.log(error ?? address))';
  const address = await engine.docker('run', '--rm', '--network', 'own', node.image, '-e', script);
  assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
});

test('after a restart it answers again, and containers with a restart policy come back', {
  skip,
}, async () => {
  await begin('comes-back', '--network', 'none', '--restart', 'unless-stopped');
  await begin('stays-away', '--network', 'none');
  const before = await field('comes-back', '.State.StartedAt');
  await engine.restart();
  await until('comes-back to run', async () => (await field('comes-back', '.State.Running')) === 'true');
  assert.notEqual(await field('comes-back', '.State.StartedAt'), before);
  assert.equal(await field('stays-away', '.State.Status'), 'exited');
});

test('containers outlive its crash, and it starts again', { skip }, async () => {
  await begin('outlives', '--network', 'none', '--restart', 'always');
  const pid = await field('outlives', '.State.Pid');
  await engine.kill();
  assert.ok(existsSync(`/proc/${pid}`));
  await assert.rejects(engine.docker('ps'), /Cannot connect|failed to connect/);
  await engine.restart();
  await until('outlives to run', async () => (await field('outlives', '.State.Running')) === 'true');
});

test('none of that has taken a network away from the engine of the machine', { skip }, () => {
  const has = interfaces();
  assert.deepEqual(
    hadInterfaces.filter((name) => !has.includes(name)),
    [],
  );
});

test('stopping leaves no process, mount, network, cgroup or folder', { skip }, async () => {
  const dir = dirname(engine.socket);
  await begin('last', '--network', 'own', '--restart', 'always');
  const pid = await field('last', '.State.Pid');
  const bridge = `br-${(await engine.docker('network', 'inspect', '--format', '{{.Id}}', 'own')).slice(0, 12)}`;
  assert.ok(existsSync(`/sys/class/net/${bridge}`));
  assert.ok(tracesOf(dir).length > 4, 'what is looked for below is there before');
  await engine.stop();
  assert.deepEqual(tracesOf(dir), []);
  assert.ok(await gone(Number(pid)));
  assert.ok(!existsSync(`/sys/class/net/${bridge}`));
});

test('the same when its starter is killed', { skip }, async (t) => {
  const module = JSON.stringify(import.meta.resolve('./engine.ts'));
  const script = `const { startEngine } = await import(${module}); console.log((await startEngine()).socket);
    setInterval(() => {}, 1e6);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script]);
  t.after(() => starter.kill('SIGKILL'));
  const [chunk] = (await once(starter.stdout, 'data')) as [Buffer];
  const dir = dirname(chunk.toString().trim());
  assert.ok(tracesOf(dir).length > 2);
  starter.kill('SIGKILL');
  await until('the sweeper', () => tracesOf(dir).length === 0);
});

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeProcessRuntime, type ProcessRuntime } from '../../responder/clients/runtimes/process.ts';
import { deploy } from './deploy.ts';
import { placeOf } from './find.ts';
import { parseOptions } from './options.ts';

/** Knows two releases, as target-app does; the third answers and is not well. */
const SERVER = `
const version = process.env.SERVICE_VERSION;
if (!['1.0.0', '1.1.0', '1.2.0'].includes(version)) { console.log('no such release: ' + version); process.exit(1); }
require('node:http').createServer((q, a) => a.writeHead(version === '1.2.0' ? 503 : 200).end(JSON.stringify({ version })))
  .listen(+process.env.PORT, '127.0.0.1');`;
const PORT = 47_400;
let dir: string;
let runtime: ProcessRuntime;
let said: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aegis-deploy-'));
  runtime = makeProcessRuntime({ dir, graceMs: 300 });
  said = [];
  const groups = [];
  for (const n of [1, 2]) {
    const health = `http://127.0.0.1:${PORT + n}/health`;
    groups.push({ targets: [], labels: { service: 'app', instance: `app-${n}`, 'aegis.health': health } });
    await runtime.define(`app-${n}`, {
      command: [process.execPath, '-e', SERVER],
      cwd: dir,
      env: { PORT: '{ports.http}', SERVICE_VERSION: '1.0.0' },
      output: join(dir, '{instance}.log'),
      version: '1.0.0',
      ports: { http: PORT + n },
    });
    await runtime.start(`app-${n}`, 'first');
  }
  await writeFile(join(dir, 'inventory.json'), JSON.stringify(groups));
});
afterEach(async () => {
  for (const file of await readdir(dir))
    if (file.endsWith('.run')) await runtime.stop(await runtime.inspect(file.slice(0, -4)));
  await rm(dir, { recursive: true });
});

const run = (version: string, target = 'app') =>
  deploy({ dir, target, version, say: (line) => said.push(line), healthMs: 1_500 });
const running = () =>
  Promise.all(['app-1', 'app-2'].map(async (name) => (await runtime.inspect(name)).version));

test('every instance runs the release in the end, and what ran before is on record', async () => {
  await run('1.1.0');
  assert.deepEqual(await running(), ['1.1.0', '1.1.0']);
  assert.deepEqual(said, ['app-1 runs 1.1.0, in place of 1.0.0', 'app-2 runs 1.1.0, in place of 1.0.0']);
  const [first, second] = await runtime.releases('app-1');
  assert.deepEqual([first?.version, second?.version, second?.by], ['1.0.0', '1.1.0', 'deploy']);
});

test('a release that does not start is said, with its last words, and goes no further', async () => {
  await assert.rejects(
    run('9.9.9'),
    /^Error: app-1 did not start as 9\.9\.9: its process ended\. It was not rolled back.*npm run deploy -- 1\.0\.0.*\n.*no such release: 9\.9\.9$/,
  );
  assert.equal((await runtime.inspect('app-1')).state, 'exited');
  assert.equal((await runtime.inspect('app-2')).version, '1.0.0');
  await run('1.0.0');
  assert.deepEqual(await running(), ['1.0.0', '1.0.0']);
});

test('a release that answers and is not well did not start either', async () => {
  await assert.rejects(run('1.2.0'), /app-1 did not start as 1\.2\.0: waited 1\.5 s .*it answered 503/);
});

test('a target that does not exist is named', async () => {
  await assert.rejects(run('1.1.0', 'shop'), /there is no target shop; the inventory has app/);
});

test('wrong options are told in one line', () => {
  assert.deepEqual(parseOptions(['1.1.0']), {
    ...{ version: '1.1.0', target: 'target-app', dir: undefined, compose: false },
  });
  for (const args of [
    [],
    ['1', '2'],
    ['1 0'],
    ['1.0.0', '--what'],
    ['{instance}'],
    ['1.0.0', '--dir', 'x', '--compose'],
  ]) {
    const parsed = parseOptions(args);
    assert.ok('problem' in parsed && !parsed.problem.includes('\n'), args.join(' '));
  }
});

test('the folder that was named, else the Compose project, else what is missing', async () => {
  const place = (over: { dir?: string; compose?: boolean }, services: string[]) =>
    placeOf(
      { dir: undefined, compose: false, target: 'app', ...over },
      () => undefined,
      async () => services,
    );
  assert.equal(await place({ dir }, ['app']), dir);
  assert.equal(await place({ compose: true }, ['app', 'load']), 'compose');
  await assert.rejects(
    place({ compose: true }, ['load']),
    /no app in the Compose project aegisops; it has load/,
  );
  await assert.rejects(place({ compose: true }, []), /start it with docker compose up/);
  await assert.rejects(place({ dir: join(dir, 'nowhere') }, []), /there is no inventory\.json/);
});

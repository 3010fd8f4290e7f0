/** The runner of test files, on files that pass, fail, hang and leave things behind. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderOf } from '../check/folders.test-helper.ts';
import { gone } from './gone.test-helper.ts';
import { makeTestProcesses } from './run-file.ts';

const HEAD = "import assert from 'node:assert'; import { test, after } from 'node:test';";
const PASS = "test('passes', () => {});";
const HANG = "test('hangs', () => new Promise((done) => setTimeout(done, 600_000)));";

function runner(t: TestContext, text: string, limits: { limitMs?: number; sweepMs?: number } = {}) {
  const root = folderOf(t, { 'some.test.ts': text });
  const processes = makeTestProcesses({ root, ...limits });
  let output = '';
  const run = async () => {
    const { ms, ...result } = await processes.run('some.test.ts', (chunk) => {
      output += chunk;
    });
    assert.ok(ms > 0);
    return result;
  };
  return { root, run, processes, output: () => output };
}

test('passed, failed and skipped tests are counted, and what they print is shown', async (t) => {
  const fine = runner(
    t,
    `${HEAD} ${PASS} test('later', { skip: true }, () => {}); test('idea', { todo: true }, () => {});`,
  );
  assert.deepEqual(await fine.run(), {
    file: 'some.test.ts',
    passed: 1,
    failed: 0,
    skipped: 2,
    problem: null,
  });
  assert.match(fine.output(), /✔ passes/);
  const wrong = runner(
    t,
    `${HEAD} ${PASS} test('fails', () => { console.error('the reason'); assert.equal(1, 2); });`,
  );
  assert.deepEqual(await wrong.run(), {
    file: 'some.test.ts',
    passed: 1,
    failed: 1,
    skipped: 0,
    problem: '1 failed',
  });
  assert.match(wrong.output(), /the reason/);
});

test('a file without a test, one that does not load, and one that ends amid its tests, are failures', async (t) => {
  assert.equal((await runner(t, 'export {};').run()).problem, 'holds no test');
  assert.equal((await runner(t, "throw new Error('broken');").run()).problem, '1 failed');
  const early = await runner(t, `${HEAD} ${PASS} setTimeout(() => process.exit(3), 50); ${HANG}`).run();
  assert.ok(early.failed > 0);
});

test('a failure while tidying up is a failure', async (t) => {
  const { problem } = await runner(t, `${HEAD} ${PASS} after(() => { throw new Error('x'); });`).run();
  assert.equal(problem, '1 failed');
});

const LEAVES = `${HEAD}
  import { mkdtempSync } from 'node:fs'; import { tmpdir } from 'node:os'; import { spawn } from 'node:child_process';
  const dir = mkdtempSync(tmpdir() + '/left-');`;

test('what stays in the temporary folder is named', async (t) => {
  const { problem } = await runner(t, `${LEAVES} ${PASS}`, { sweepMs: 100 }).run();
  assert.match(problem ?? '', /^left behind in its temporary folder: left-\w+$/);
});

test('a sweeper that outlives its file is waited for', async (t) => {
  const sweeper =
    "spawn('sh', ['-c', 'sleep 0.5; rmdir ' + dir], { detached: true, stdio: 'ignore' }).unref();";
  assert.equal((await runner(t, `${LEAVES} ${sweeper} ${PASS}`).run()).problem, null);
});

/** Writes down the id of a process that it starts, and hangs. */
const HANGS_WITH_CHILD = `${HEAD} import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
  writeFileSync('child', String(spawn('sleep', ['600']).pid)); ${HANG}`;

async function childOf(root: string): Promise<number> {
  for (;;) {
    const file = join(root, 'child');
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text !== '') return Number(text);
    await sleep(20);
  }
}

test('a file that hangs is ended, with what it started', async (t) => {
  const { root, run } = runner(t, HANGS_WITH_CHILD, { limitMs: 2_000 });
  assert.equal((await run()).problem, 'it hung and was killed');
  assert.ok(await gone(await childOf(root)));
});

test('a signal ends what runs, with what it started', async (t) => {
  const { root, run, processes } = runner(t, HANGS_WITH_CHILD);
  const result = run();
  const child = await childOf(root);
  processes.signal('SIGTERM');
  assert.notEqual((await result).problem, null);
  assert.ok(await gone(child));
});

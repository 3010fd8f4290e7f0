/** `npm run diagnose`, as a program: what it writes where, and how it ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderOf } from '../check/folders.test-helper.ts';
import { answerTo } from './answer.ts';

const TOOL = join(import.meta.dirname, '..', 'diagnose.ts');
const bundleOf = (more: object = {}) =>
  JSON.stringify({ version: 1, alert: { name: 'TargetSlow', target: 'shop' }, ...more });
const FILES = { 'one.json': bundleOf(), 'two.json': bundleOf({ target: { name: 'bank' } }), 'bad.json': '{' };

function run(args: string[], { input = '', cwd = '.' } = {}) {
  const env = { ...process.env, NODE_NO_WARNINGS: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, ...args], {
    ...{ input, cwd, env, encoding: 'utf8' },
  });
  const lines = (text: string) => text.split('\n').slice(0, -1);
  const answers = lines(stdout).map((line) => JSON.parse(line));
  return { status, answers, complaints: lines(stderr), stdout };
}

test('one line of JSON a file, in order, with the fields of an answer', (t) => {
  const { status, answers, complaints } = run(['two.json', 'one.json'], { cwd: folderOf(t, FILES) });
  assert.deepEqual([status, complaints], [0, []]);
  assert.deepEqual(
    answers.map(({ target }) => target),
    ['bank', 'shop'],
  );
  assert.deepEqual(Object.keys(answers[0]), [
    ...['root_cause', 'category', 'action', 'target', 'justification', 'confidence', 'citations', 'provider'],
    ...['fallthrough', 'evidence'],
  ]);
  const { category, action, provider, fallthrough, evidence } = answers[1];
  assert.deepEqual([category, action, provider, fallthrough], ['unknown', 'NOOP', 'rules', []]);
  assert.deepEqual(evidence, [{ id: 'E1', kind: 'alert', reading: 'TargetSlow' }]);
});

test('what cannot be read has its error in its place, and the others are answered', (t) => {
  const cwd = folderOf(t, { ...FILES, 'wrong.json': bundleOf({ signals: [{ name: 'x' }] }) });
  const { status, answers, complaints } = run(['bad.json', 'one.json', 'none.json', 'wrong.json', '.'], {
    cwd,
  });
  assert.equal(status, 2);
  assert.deepEqual(
    answers.map((answer) => Object.keys(answer)[0]),
    [...['error', 'root_cause', 'error', 'error', 'error']],
  );
  assert.equal(complaints.length, 4);
  assert.match(complaints[0] ?? '', /^diagnose: bad\.json: the bundle is not JSON: /);
  assert.match(complaints[1] ?? '', /^diagnose: none\.json: ENOENT/);
  assert.equal(complaints[2], 'diagnose: wrong.json: signals[0].series must be a list');
  assert.equal(answers[3].error, 'signals[0].series must be a list');
});

test('- is the standard input', () => {
  const { status, answers } = run(['-'], { input: bundleOf() });
  assert.deepEqual([status, answers[0]?.target], [0, 'shop']);
});

test('wrong options, or no file, end with 2 and the usage, and nothing on stdout', () => {
  for (const args of [[], ['--model', 'oracle', 'x.json'], ['--fast', 'x.json'], ['--model']]) {
    const { status, stdout, complaints } = run(args);
    assert.deepEqual([status, stdout, complaints.length], [2, '', 1], args.join(' '));
    assert.match(complaints[0] ?? '', /Usage: npm run --silent diagnose -- FILE/);
  }
});

test('--help tells the usage and ends well', () => {
  const { status, stdout } = spawnSync(process.execPath, [TOOL, '--help'], { encoding: 'utf8' });
  assert.deepEqual([status, stdout.startsWith('npm run --silent diagnose -- FILE')], [0, true]);
});

type Found = Awaited<ReturnType<Parameters<typeof answerTo>[1][number]['diagnose']>>;
const HYPOTHESIS: Found = {
  ...{ category: 'unknown', action: 'NOOP', instance: null, version: null, root_cause: 'r' },
  ...{ justification: 'j', confidence: 0.123, citations: ['E1'] },
};
const answer = (...diagnosers: (() => Found)[]) =>
  answerTo(
    async () => bundleOf(),
    diagnosers.map((diagnose, i) => ({ name: `p${i}`, diagnose })),
  );

test('whoever fails, or cites what is not there, is passed over, and why is told', async () => {
  const given = await answer(
    () => {
      throw new Error('no key');
    },
    () => ({ ...HYPOTHESIS, citations: ['E7'] }),
    () => ({ ...HYPOTHESIS, target: 'postgres' }),
  );
  assert.ok(!('error' in given));
  assert.deepEqual([given.provider, given.target, given.confidence], ['p2', 'postgres', 0.12]);
  assert.deepEqual(given.fallthrough, [
    { provider: 'p0', reason: 'no key' },
    { provider: 'p1', reason: 'it cites E7, which does not exist' },
  ]);
});

test('nobody answers: that is told as the error', async () => {
  const given = await answer(() => ({ ...HYPOTHESIS, citations: ['E7'] }));
  assert.deepEqual(given, { error: 'no diagnoser answered: p0: it cites E7, which does not exist' });
});

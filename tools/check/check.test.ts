import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, commandProblems, runChecks } from './check.ts';

const fine: Check = { name: 'fine', problems: async () => [] };
const wrong: Check = { name: 'wrong', problems: async () => ['first line\nsecond line\n', 'another'] };
const skipped: Check = { name: 'skipped', problems: async () => ({ skipped: 'there is no engine here' }) };
const broken: Check = { name: 'broken', problems: async () => Promise.reject(new Error('no such program')) };

test('all checks run; what failed is counted and told, what is fine or cannot be looked at has one line', async () => {
  const lines: string[] = [];
  const failed = await runChecks([broken, wrong, skipped, fine], (line) =>
    lines.push(line.replace(/[\d.]+ s(?=$| {2})/, 'N s')),
  );
  assert.equal(failed, 2);
  assert.deepEqual(
    lines.map((line) => line.replace(/ +/g, ' ')),
    [
      'FAILED broken N s',
      ' no such program',
      'FAILED wrong N s',
      ' first line',
      ' second line',
      ' another',
      'skipped skipped N s there is no engine here',
      'ok fine N s',
    ],
  );
});

test('a command that ends with 0 is no problem; the output of another is', async () => {
  const sh = (script: string, env = {}) => commandProblems('sh', ['-c', script], { cwd: '/', env });
  assert.deepEqual(await sh('pwd; test "$WORD" = x', { WORD: 'x' }), []);
  assert.deepEqual(await sh('echo out; echo err >&2; exit 3'), ['out\nerr\n(sh ended with 3)']);
});

test('a command that does not exist says so', async () => {
  await assert.rejects(commandProblems('/no/such/program', [], { cwd: '/' }), /no\/such\/program/);
});

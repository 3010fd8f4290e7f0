import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('without options: ten pairs of the leak, one second of grace, for a person', () => {
  assert.deepEqual(parseOptions([]), { pairs: 10, fault: 'memory', graceSeconds: 1, json: false });
});

test('every option', () => {
  const args = ['--pairs', '3', '--fault', 'cpu', '--grace', '0', '--json'];
  assert.deepEqual(parseOptions(args), { pairs: 3, fault: 'cpu', graceSeconds: 0, json: true });
});

for (const [args, words] of [
  [['--pairs', '0'], /--pairs 0 is no whole number from 1 to 100/],
  [['--pairs', '1e1'], /--pairs 1e1/],
  [['--grace', '1.5'], /--grace 1\.5 is no whole number of seconds from 0 to 10/],
  [['--fault', 'surge'], /--fault surge is not measured; there are memory, cpu/],
  [['--quick'], /--quick.*Usage: npm run bench/],
  [['10'], /10.*Usage/],
] as const)
  test(`wrong: ${args.join(' ')}`, () => {
    const options = parseOptions([...args]);
    assert.ok('problem' in options);
    assert.match(options.problem, words);
    assert.ok(!options.problem.includes('\n'));
  });

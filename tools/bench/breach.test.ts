import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breachIn } from './breach.ts';

const line = (more: object) =>
  JSON.stringify({ level: 'warn', time: 1_793_000_000_123, event: 'fault.breach', fault: 'memory', ...more });

test('the line of the breach tells when', () => {
  assert.equal(breachIn(line({}), 'memory'), 1_793_000_000_123);
});

for (const [words, text] of [
  ['another fault', line({ fault: 'cpu' })],
  ['another event that speaks of it', line({ event: 'cache.grew', msg: 'before "fault.breach"' })],
  ['no time', line({ time: undefined })],
  ['a line that was cut off', line({}).slice(0, -2)],
  ['no JSON', 'fault.breach'],
] as const)
  test(`no breach: ${words}`, () => {
    assert.equal(breachIn(text, 'memory'), null);
  });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, isClearing, judge, nextLookMs } from './proof.ts';

const TIMEOUT = 60_000;
const of = (...results: Check['result'][]): Check[] =>
  results.map((result, i) => ({ name: `check ${i}`, result, reading: '' }));
const named = (name: string, result: Check['result']): Check => ({ name, result, reading: '' });

test('only all checks passing prove recovery, at any time', () => {
  for (const waited of [0, TIMEOUT, 2 * TIMEOUT])
    assert.equal(judge(of('pass', 'pass'), waited, TIMEOUT), 'recovered');
  assert.notEqual(judge(of('pass', 'unknown'), 0, TIMEOUT), 'recovered');
  assert.notEqual(judge(of('pass', 'fail'), 0, TIMEOUT), 'recovered');
});

test('no checks at all prove nothing', () => {
  assert.equal(judge([], 0, TIMEOUT), 'pending');
  assert.equal(judge([], TIMEOUT, TIMEOUT), 'unknown');
});

test('until the time is up everything but proof is pending', () => {
  for (const checks of [of('fail'), of('unknown'), of('pass', 'fail', 'unknown')])
    assert.equal(judge(checks, TIMEOUT - 1, TIMEOUT), 'pending');
});

test('when the time is up what was seen bad is not recovered, what was not seen is unknown', () => {
  assert.equal(judge(of('pass', 'fail'), TIMEOUT, TIMEOUT), 'not_recovered');
  assert.equal(judge(of('fail', 'unknown'), TIMEOUT, TIMEOUT), 'not_recovered');
  assert.equal(judge(of('pass', 'unknown'), TIMEOUT, TIMEOUT), 'unknown');
});

test('clearing is when all is good but the expression of the alert', () => {
  const good = [named('process', 'pass'), named('health', 'pass')];
  assert.equal(isClearing([...good, named('alert', 'fail')]), true);
  assert.equal(isClearing([...good, named('alert', 'unknown')]), false);
  assert.equal(isClearing([...good, named('alert', 'pass')]), false);
  assert.equal(isClearing([...good, named('sli up', 'fail'), named('alert', 'fail')]), false);
  assert.equal(isClearing([...good, named('sli up', 'fail')]), false);
  assert.equal(isClearing([named('alert', 'fail')]), false, 'nothing good was seen at all');
  assert.equal(isClearing([]), false);
});

test('looks come soon at first, then ever later, and never later than every 5 s', () => {
  const waits = Array.from({ length: 40 }, (_, i) => nextLookMs(i + 1));
  assert.equal(waits[0], 100);
  assert.equal(waits[1], 160);
  for (const [i, wait] of waits.entries()) assert.ok(wait >= (waits[i - 1] ?? 0) && wait <= 5_000);
  assert.equal(waits.at(-1), 5_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../test/builders.ts';
import { type Check, judge, type Look, nextLookMs } from './proof.ts';

const of = (...results: Check['result'][]): Check[] =>
  results.map((result, i) => ({ name: `check ${i}`, result, reading: '' }));
const named = (name: string, result: Check['result']): Check => ({ name, result, reading: '' });
const GOOD = [named('process', 'pass'), named('health', 'pass')];
const CLEARING = [...GOOD, named('alert', 'fail')];

/** One look, so many seconds after the action; a minute is given. */
function look(checks: Check[], seconds: number, over: Partial<Look> = {}) {
  return judge({
    checks,
    now: NOW,
    since: new Date(ago(seconds)),
    goodAt: null,
    timeoutMs: 60_000,
    windowMs: 0,
    ...over,
  });
}
const result = (...args: Parameters<typeof look>) => look(...args).result;
const secondsAgo = (seconds: number) => new Date(ago(seconds));

test('only all checks passing prove recovery, at any time', () => {
  for (const seconds of [0, 60, 120]) assert.equal(result(of('pass', 'pass'), seconds), 'recovered');
  assert.notEqual(result(of('pass', 'unknown'), 0), 'recovered');
  assert.notEqual(result(of('pass', 'fail'), 0), 'recovered');
});

test('no checks at all prove nothing', () => {
  assert.equal(result([], 0), 'pending');
  assert.equal(result([], 60), 'unknown');
});

test('until the time is up everything but proof is pending', () => {
  for (const checks of [of('fail'), of('unknown'), of('pass', 'fail', 'unknown')])
    assert.equal(result(checks, 59.9), 'pending');
});

test('when the time is up what was seen bad is not recovered, what was not seen is unknown', () => {
  assert.equal(result(of('pass', 'fail'), 60), 'not_recovered');
  assert.equal(result(of('fail', 'unknown'), 60), 'not_recovered');
  assert.equal(result(of('pass', 'unknown'), 60), 'unknown');
});

test('an alert that looks back is given its window, and then some, while all else is good', () => {
  const windowMs = 300_000;
  assert.equal(result(CLEARING, 309, { windowMs }), 'pending');
  assert.equal(result(CLEARING, 311, { windowMs }), 'not_recovered');
  assert.equal(result(CLEARING, 59, { windowMs: 0 }), 'pending', 'never less than the others get');
});

test('what is bad besides the alert, or an alert that cannot be read, is given no such time', () => {
  const windowMs = 300_000;
  assert.equal(result([...CLEARING, named('sli up', 'fail')], 61, { windowMs }), 'not_recovered');
  assert.equal(result([...GOOD, named('alert', 'unknown')], 61, { windowMs }), 'unknown');
  assert.equal(
    result([named('alert', 'fail')], 61, { windowMs }),
    'not_recovered',
    'nothing good was seen at all',
  );
});

test('a bad look after a good one begins the time anew, instead of ending it at once', () => {
  const windowMs = 300_000;
  assert.deepEqual(look(CLEARING, 200, { windowMs }).goodAt, NOW);
  const bad = of('fail', 'pass');
  assert.equal(result(bad, 200, { windowMs, goodAt: secondsAgo(10) }), 'pending');
  assert.deepEqual(look(bad, 200, { windowMs, goodAt: secondsAgo(10) }).goodAt, secondsAgo(10));
  assert.equal(result(bad, 200, { windowMs, goodAt: secondsAgo(61) }), 'not_recovered');
});

test('an alert that looks back for hours cannot tell: after ten minutes it is unknown, not a failure', () => {
  const windowMs = 6 * 3_600_000;
  assert.equal(result(CLEARING, 599, { windowMs }), 'pending');
  assert.equal(result(CLEARING, 601, { windowMs }), 'unknown');
  assert.equal(result(of('fail'), 601, { windowMs }), 'not_recovered');
});

test('looks come soon at first, then ever later, and never later than every 5 s', () => {
  const waits = Array.from({ length: 40 }, (_, i) => nextLookMs(i + 1));
  assert.equal(waits[0], 100);
  assert.equal(waits[1], 160);
  for (const [i, wait] of waits.entries()) assert.ok(wait >= (waits[i - 1] ?? 0) && wait <= 5_000);
  assert.equal(waits.at(-1), 5_000);
});

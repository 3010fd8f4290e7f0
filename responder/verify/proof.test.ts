import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../test/builders.ts';
import { SLACK_MS } from '../incident/freshness.ts';
import { type Check, judge, type Look, nextLookMs } from './proof.ts';

const of = (...results: Check['result'][]): Check[] =>
  results.map((result, i) => ({ name: `check ${i}`, result, reading: '' }));
const named = (name: string, result: Check['result']): Check => ({ name, result, reading: '' });
const HEALTH_ONLY = [named('process', 'pass'), named('health', 'pass'), named('alert', 'pass')];
const PROVED = [...HEALTH_ONLY, named('sli memory_utilization', 'pass')];
const lookingBack = { reading: 'Slow may hold on', windowSeconds: 6 * 3_600, provable: true };

/** One look, so many seconds after the action; a minute is given. */
const look = (checks: Check[], seconds: number, over: Partial<Look> = {}) =>
  judge({ checks, now: NOW, since: new Date(ago(seconds)), timeoutMs: 60_000, lookingBack: null, ...over });
const result = (...args: Parameters<typeof look>) => look(...args).result;

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

test('an alert that looks back too far is not waited for: samples are the proof, and it is watched after the close', () => {
  const watchMs = 6 * 3_600_000 + SLACK_MS;
  assert.deepEqual(look(PROVED, 1, { lookingBack }), { result: 'recovered', watchMs });
  assert.deepEqual(look(PROVED, 1), { result: 'recovered', watchMs: null }, 'nothing to watch');
});

test('where an alert looks back too far, health alone is no proof', () => {
  assert.equal(result(HEALTH_ONLY, 1, { lookingBack }), 'pending');
  assert.deepEqual(look(HEALTH_ONLY, 60, { lookingBack }), { result: 'unknown', watchMs: null });
  assert.equal(result(HEALTH_ONLY, 1), 'recovered');
});

test('an alert that looks back too far excuses nothing else', () => {
  const bad = [...HEALTH_ONLY, named('sli memory_utilization', 'fail')];
  assert.equal(result(bad, 1, { lookingBack }), 'pending');
  assert.deepEqual(look(bad, 60, { lookingBack }), { result: 'not_recovered', watchMs: null });
});

test('looks come soon at first, then ever later, and never later than every 2 s', () => {
  const waits = Array.from({ length: 40 }, (_, i) => nextLookMs(i + 1));
  assert.equal(waits[0], 100);
  assert.equal(waits[1], 160);
  for (const [i, wait] of waits.entries()) assert.ok(wait >= (waits[i - 1] ?? 0) && wait <= 2_000);
  assert.equal(waits.at(-1), 2_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAllowance } from './allowance.ts';

test('so many at once, then as many as the seconds bring, and never more than at once', () => {
  let at = 0;
  const wait = makeAllowance({ burst: 2, perSecond: 4, now: () => at });
  assert.deepEqual([wait(), wait(), wait()], [0, 0, 1]);
  at += 250;
  assert.deepEqual([wait(), wait()], [0, 1]);
  at += 60_000;
  assert.deepEqual([wait(), wait(), wait()], [0, 0, 1]);
});

test('it tells in how many seconds there will be room', () => {
  const wait = makeAllowance({ burst: 1, perSecond: 0.1, now: () => 0 });
  assert.deepEqual([wait(), wait()], [0, 10]);
});

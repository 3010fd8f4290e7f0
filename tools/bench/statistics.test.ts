import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile, spreadOf } from './statistics.ts';

test('the spread of an odd and of an even number of values, in whatever order', () => {
  assert.deepEqual(spreadOf([5, 1, 4, 2, 3]), { min: 1, q1: 2, median: 3, q3: 4, max: 5 });
  assert.deepEqual(spreadOf([40, 10, 30, 20]), { min: 10, q1: 17.5, median: 25, q3: 32.5, max: 40 });
});

test('one value is all of its quantiles', () => {
  assert.deepEqual(spreadOf([7]), { min: 7, q1: 7, median: 7, q3: 7, max: 7 });
});

test('nothing has no quantile', () => {
  assert.throws(() => quantile([], 0.5), /nothing/);
});

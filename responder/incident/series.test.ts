import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, medianBefore, medianSince, type Points, quantile } from './series.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  const cases: [number[], number][] = [
    [[5], 5],
    [[1, 9], 5],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
    [[0, 0, 0, 1, 1], 0],
  ];
  for (const [values, expected] of cases) assert.equal(median(values), expected, values.join(' '));
});

test('values are in the order of numbers, and are left as they were', () => {
  const values = [10, 9, 8];
  assert.equal(median(values), 9);
  assert.deepEqual(values, [10, 9, 8]);
});

test('of nothing there is no median', () => {
  assert.ok(Number.isNaN(median([])));
});

const POINTS: Points = [
  [10, 1],
  [20, 3],
  [30, 50],
  [40, 70],
];

test('before an instant, and since it: the instant itself belongs to what came after', () => {
  assert.equal(medianBefore(POINTS, 30), 2);
  assert.equal(medianSince(POINTS, 30), 60);
  assert.equal(medianBefore(POINTS, 30.5), 3);
  assert.equal(medianSince(POINTS, 0), 26.5);
});

test('where nothing was measured on that side, nothing is said', () => {
  assert.ok(Number.isNaN(medianBefore(POINTS, 10)));
  assert.ok(Number.isNaN(medianSince(POINTS, 41)));
  assert.ok(!(medianBefore([], 10) > 0), 'and no comparison holds');
});

test('a quantile is one of the values, and none is none', () => {
  assert.equal(quantile([5, 1, 4, 2, 3], 0.4), 3);
  assert.equal(quantile([7], 0.9), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Points } from '../../incident/series.ts';
import { combined, onsetOf } from './series.ts';

/** One value a second from second 100 on. */
const of = (...values: number[]): Points => values.map((value, i) => [100 + i, value]);
const low = [0, 0, 0, 0, 0, 0];

test('the onset is where it rose to stay', () => {
  const cases: [string, Points, number | null][] = [
    ['a step', of(...low, 1, 1, 1, 1), 106],
    ['a blip before it', of(0, 1, 0, 0, 0, 0, 0, 1, 1, 1), 107],
    ['a lull of a second in it', of(...low, 1, 1, 1, 0, 1, 1), 106],
    ['only the last second', of(...low, 1), 106],
    ['always', of(1, 1, 1, 1), 100],
    ['never', of(...low), null],
    ['it ended a moment ago', of(...low, 1, 1, 1, 1, 0, 0, 0), 106],
    ['it ended long ago', of(1, 1, 1, ...Array(20).fill(0)), null],
    ['two of them: the last', of(0, 0, 0, 1, 1, 1, ...low, 1, 1, 1), 112],
    ['nothing', [], null],
  ];
  for (const [name, points, expected] of cases) assert.equal(onsetOf(points, 0.5), expected, name);
});

test('instances are put together at each time, with what each said last, if that was not long ago', () => {
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const early: Points = [
    [100, 1],
    [102, 3],
  ];
  assert.deepEqual(combined([early, [[101, 10]]], sum), [
    [100, 1],
    [101, 11],
    [102, 13],
  ]);
  assert.deepEqual(combined([[[100, 1]], [[200, 5]]], sum).at(-1), [200, 5]);
  assert.deepEqual(combined([], sum), []);
});

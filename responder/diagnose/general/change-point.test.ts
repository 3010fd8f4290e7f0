import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shiftOf } from './change-point.ts';

const minutes = (values: number[]): [number, number][] => values.map((value, i) => [i * 60, value]);

test('a step: level before and now, and between which points it came', () => {
  const shift = shiftOf(minutes([0.1, 0.12, 0.1, 0.11, 0.6, 0.61, 0.6]), null);
  assert.ok(Math.abs(shift.from - 0.105) < 0.01, `${shift.from}`);
  assert.equal(shift.to, 0.6);
  assert.deepEqual(shift.onset, { after: 180, by: 240 });
  assert.equal(shift.gradual, false);
});

test('a slow rise began where it began to rise, not where it became high', () => {
  const shift = shiftOf(minutes([0.3, 0.3, 0.31, 0.3, 0.38, 0.46, 0.54, 0.62, 0.7, 0.78, 0.86, 0.94]), null);
  assert.ok(shift.onset && shift.onset.by <= 300 && shift.onset.by >= 180, JSON.stringify(shift.onset));
  assert.equal(shift.gradual, true);
});

test('it never began at a point that stands at the usual level: what came after that point may be to blame', () => {
  const shift = shiftOf(minutes([0, 0, 1, 3, 4, 5]), null);
  assert.deepEqual(shift.onset, { after: 60, by: 120 });
});

test('what came back has its onset where it left, and counts its returns', () => {
  const once = shiftOf(minutes([1, 1, 1, 9, 9, 1, 1, 1, 1]), null);
  assert.deepEqual(once.onset, { after: 120, by: 180 });
  assert.deepEqual([once.returns, once.to], [1, 1]);
  assert.equal(shiftOf(minutes([1, 9, 1, 9, 1, 9, 1, 9, 1]), 1).returns, 4);
});

test('what somebody calls usual is taken for it, also for a single point', () => {
  const shift = shiftOf([[600, 0.87]], 0.31);
  assert.deepEqual([shift.from, shift.to, shift.onset?.by], [0.31, 0.87, 600]);
  assert.ok(Number.isNaN(shiftOf([[600, 0.87]], null).from));
  assert.equal(shiftOf([[600, 0.87]], null).onset, null);
});

test('a level that is flat has no onset, and noise is none', () => {
  assert.equal(shiftOf(minutes([2, 2, 2, 2, 2]), null).onset, null);
  assert.deepEqual(shiftOf([], null).onset, null);
});

test('of what has just left its level the last point tells how it is now, one stray point does not', () => {
  assert.equal(shiftOf(minutes([1, 1, 1, 1, 1, 1, 1, 1, 0.8, 0.1, 0]), 1).to, 0);
  assert.equal(shiftOf(minutes([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]), 1).to, 1);
});

test('a long series is thinned and its end is kept', () => {
  const long = Array.from({ length: 5_000 }, (_, i): [number, number] => [i, i < 4_000 ? 1 : 5]);
  const shift = shiftOf(long, null);
  assert.equal(shift.to, 5);
  assert.ok(Math.abs((shift.onset?.by ?? 0) - 4_000) < 25, JSON.stringify(shift.onset));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestWindowSeconds } from './window.ts';

test('an expression about now looks back 0 seconds', () => {
  assert.equal(longestWindowSeconds('max by (service) (up == 0) > 5', {}), 0);
});

test('of several ranges the longest counts, whatever its units', () => {
  assert.equal(longestWindowSeconds('rate(a[5m]) / rate(b[1h30m]) > 14.4', {}), 5_400);
  assert.equal(longestWindowSeconds('max_over_time(a[500ms])', {}), 0.5);
});

test('subqueries and offsets look back too', () => {
  assert.equal(longestWindowSeconds('max_over_time(rate(a[1m])[10m:30s])', {}), 600);
  assert.equal(longestWindowSeconds('a offset 2h', {}), 7_200);
});

test('the window of a recording rule counts for whoever reads it, on top of his own', () => {
  const recordings = { 'job:errors:rate5m': 'rate(errors[5m])', 'job:ratio': 'job:errors:rate5m / 3' };
  assert.equal(longestWindowSeconds('job:ratio > 1', recordings), 300);
  assert.equal(longestWindowSeconds('avg_over_time(job:ratio[1m]) > 1', recordings), 360);
});

test('a label matcher that looks like a number is no window', () => {
  assert.equal(longestWindowSeconds('a{version="5m"} > 5', {}), 0);
});

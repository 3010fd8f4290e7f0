import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearingSeconds, longestWindowSeconds } from './window.ts';

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

test('of terms that all have to hold, the one that ends first clears the alert', () => {
  const recordings = { 'job:rate5m': 'rate(errors[5m])', 'job:rate1h': 'rate(errors[1h])' };
  const burn =
    'job:rate1h > 0.01 and on (service) job:rate5m > 0.01 and on (service) sum(increase(errors[1h])) > 5';
  assert.equal(clearingSeconds(burn, recordings), 300);
  assert.equal(clearingSeconds('job:rate1h > 0.01 or job:rate5m > 0.01', recordings), 3_600);
  assert.equal(clearingSeconds('(job:rate1h and job:rate5m) > 0.01', recordings), 3_600);
  assert.equal(clearingSeconds('job:rate1h{a="x and y"} > 0.01', recordings), 3_600);
  assert.equal(clearingSeconds('job:rate1h unless job:rate5m', recordings), 3_600);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePeakWindow, makeWindowed, type Totals, usageBetween } from './usage-metrics.ts';

const zero: Totals = { atMs: 0, busyMs: 0, idleMs: 0, userMs: 0, systemMs: 0 };

test('shares of a window on two CPUs', () => {
  const to = { atMs: 1_000, busyMs: 250, idleMs: 750, userMs: 400, systemMs: 100 };
  assert.deepEqual(usageBetween(zero, to, 2), { eventLoop: 0.25, user: 0.2, system: 0.05 });
  assert.deepEqual(usageBetween(zero, zero, 2), { eventLoop: 0, user: 0, system: 0 });
});

test('a second reader a few ms later sees the same window, not a window of a few ms', () => {
  let now = zero;
  const usage = makeWindowed(() => now, 1);
  now = { atMs: 1_000, busyMs: 100, idleMs: 900, userMs: 100, systemMs: 0 };
  assert.equal(usage().eventLoop, 0.1);
  // The collection itself kept the loop busy for 5 ms.
  now = { atMs: 1_005, busyMs: 105, idleMs: 900, userMs: 105, systemMs: 0 };
  assert.equal(usage().eventLoop, 0.1);
  now = { atMs: 2_000, busyMs: 600, idleMs: 1_400, userMs: 600, systemMs: 0 };
  assert.equal(usage().eventLoop, 0.5);
});

test('a peak is given to both readers of a window, and is forgotten with the next', () => {
  let now = 0;
  const peaks = [2, 0.5];
  const read = makePeakWindow(
    () => peaks.shift() ?? 0,
    () => now,
  );
  assert.equal(read(), 2);
  now = 10;
  assert.equal(read(), 2);
  now = 1_000;
  assert.equal(read(), 0.5);
  now = 1_010;
  assert.equal(read(), 0.5);
});

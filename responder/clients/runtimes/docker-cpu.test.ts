import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { makeCpuMeter } from './docker-cpu.ts';
import type { CpuReading } from './docker-engine.ts';

/** Measures each reading of the list once, at its own time. */
async function measured(...readings: (CpuReading | null)[]) {
  const clock = { now: 0 };
  const left = [...readings];
  const meter = makeCpuMeter({ cpu: async () => left.shift() ?? null }, () => clock.now);
  meter.follow(['c1']);
  for (const reading of readings) {
    clock.now = reading?.at ?? clock.now;
    const one = new AbortController();
    meter.start(one.signal);
    await turn();
    one.abort();
  }
  return { meter, clock };
}

test('cores are what was used between the last two measurements, by the times of the engine', async () => {
  const { meter } = await measured(
    { at: 1_000, seconds: 5 },
    { at: 3_000, seconds: 5.2 },
    { at: 5_000, seconds: 7 },
  );
  assert.deepEqual([meter.seconds('c1'), meter.cores('c1')], [7, 0.9]);
});

test('one count of the engine told twice is one', async () => {
  const { meter } = await measured({ at: 1_000, seconds: 5 }, { at: 1_000, seconds: 5 });
  assert.deepEqual([meter.seconds('c1'), meter.cores('c1')], [5, null]);
});

test('what was started anew begins anew, what is old or of another says nothing', async () => {
  const { meter, clock } = await measured({ at: 1_000, seconds: 50 }, { at: 3_000, seconds: 0.4 });
  assert.deepEqual([meter.seconds('c1'), meter.cores('c1'), meter.cores('c2')], [0.4, null, null]);
  clock.now = 10_000;
  assert.equal(meter.seconds('c1'), null);
  meter.follow([]);
  clock.now = 3_000;
  assert.equal(meter.seconds('c1'), null);
});

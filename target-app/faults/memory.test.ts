import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LimitSource, Memory } from '../memory.ts';
import { Problem } from '../problem.ts';
import { makeMemoryFault } from './memory.ts';

const MB = 1_048_576;

/** A memory of which this process' resident set above the start counts, against 100 MB, half of it used already. */
function smallMemory(source: LimitSource = 'setting'): Memory {
  const base = process.memoryUsage.rss();
  return {
    source,
    read: () => {
      const usageBytes = 50 * MB + process.memoryUsage.rss() - base;
      return { usageBytes, limitBytes: 100 * MB, utilization: usageBytes / (100 * MB) };
    },
  };
}

function recorder() {
  const events: { event: string; utilization?: number; fault?: string }[] = [];
  const record = (fields: object) => void events.push(fields as { event: string });
  return { events, log: { info: record, warn: record, error: record } };
}

async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; !what() && waited < 15_000; waited += 10) await sleep(10);
  assert.ok(what());
}

test('really fills memory, tells the breach once, stops at 120 %, and reset gives it back', async (t) => {
  const memory = smallMemory();
  const { events, log } = recorder();
  const fault = makeMemoryFault({ log, memory, leakSeconds: 0.1 });
  t.after(fault.stop);
  fault.start();
  fault.start();
  await until(() => memory.read().utilization >= 1.2);
  await sleep(100);
  assert.ok(memory.read().utilization < 1.35, 'started twice, filled once');
  const breaches = events.filter((event) => event.event === 'fault.breach');
  assert.equal(breaches.length, 1);
  assert.equal(breaches[0]?.fault, 'memory');
  assert.ok((breaches[0]?.utilization ?? 0) > 0.85 && (breaches[0]?.utilization ?? 0) < 1.0);
  assert.ok(events.filter((event) => event.event === 'cache.grew').length >= 5);
  fault.stop();
  assert.ok(memory.read().utilization < 0.7, `reset gives it back (${memory.read().utilization})`);

  fault.start();
  await until(() => memory.read().utilization >= 1.2);
  assert.equal(
    events.filter((event) => event.event === 'fault.breach').length,
    2,
    'and it can be done again',
  );
});

test('does not fill a whole machine', () => {
  const { log } = recorder();
  const fault = makeMemoryFault({ log, memory: smallMemory('machine') });
  assert.throws(fault.start, (error) => error instanceof Problem && error.status === 409);
});

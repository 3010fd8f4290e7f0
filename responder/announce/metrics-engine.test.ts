import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { countLogLines, registerEngine } from './metrics-engine.ts';

const QUEUE = { incidents: { due: 1, 'worked on': 2, waits: 0, 'lease ran out': 0 }, lateSeconds: 3 };
const PRICES = {
  usdPerMinute: { shop: 120 },
  otherUsdPerMinute: 0,
  personMinutes: 15,
  targets: ['shop', 'bank'],
};

function engineOf(over: Partial<Parameters<typeof registerEngine>[0]> = {}) {
  const registry = new Registry();
  const told: string[] = [];
  registerEngine({
    registry,
    engine: { queue: async () => QUEUE, logWindow: async () => ({ lines: 40, reachSeconds: 900 }) },
    savings: { total: async () => ({ shop: 1_200, gone: 5 }) },
    prices: async () => PRICES,
    onError: (words) => told.push(words),
    ...over,
  });
  return { registry, told };
}
const linesOf = async (registry: Registry, name: string) =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));

test('the queue, the log window and the process are told at each scrape', async () => {
  const { registry } = engineOf();
  const text = await registry.metrics();
  for (const line of [
    'aegis_queue_incidents{standing="due"} 1',
    'aegis_queue_incidents{standing="worked on"} 2',
    'aegis_queue_incidents{standing="lease ran out"} 0',
    'aegis_queue_late_seconds 3',
    'aegis_log_window_lines 40',
    'aegis_log_window_reach_seconds 900',
  ])
    assert.ok(text.includes(line), line);
  assert.match(text, /^aegis_process_resident_memory_bytes \d+/m);
});

test('money saved is told of each target from 0 on; what is in the inventory no more is `other`', async () => {
  const { registry } = engineOf();
  const expected = [
    'aegis_savings_usd_total{target="shop"} 1200',
    'aegis_savings_usd_total{target="bank"} 0',
    'aegis_savings_usd_total{target="other"} 5',
  ];
  assert.deepEqual(await linesOf(registry, 'aegis_savings'), expected);
  await Promise.all([registry.metrics(), registry.metrics()]);
  assert.deepEqual(await linesOf(registry, 'aegis_savings'), expected, 'not added up by two scrapes at once');
});

test('what the database does not tell any more is left out, neither 0 nor as it was; the rest is served', async () => {
  let isDown = false;
  const or = async <T>(value: T) => (isDown ? Promise.reject(new Error('no database')) : value);
  const { registry, told } = engineOf({
    engine: { queue: () => or(QUEUE), logWindow: async () => ({ lines: 40, reachSeconds: 900 }) },
    savings: { total: () => or({ shop: 1 }) },
  });
  assert.equal((await linesOf(registry, 'aegis_queue')).length, 5);
  isDown = true;
  assert.deepEqual(await linesOf(registry, 'aegis_queue'), []);
  assert.deepEqual(await linesOf(registry, 'aegis_savings'), []);
  assert.deepEqual(await linesOf(registry, 'aegis_log_window_lines'), ['aegis_log_window_lines 40']);
  assert.deepEqual(new Set(told), new Set(['metrics: no database']));
  isDown = false;
  assert.equal((await linesOf(registry, 'aegis_queue')).length, 5);
});

test('log lines are counted as they come: taken, or dropped', async () => {
  const registry = new Registry();
  const offer = countLogLines(registry, (lines: string[]) => Math.max(0, lines.length - 2));
  assert.equal(offer(['a', 'b', 'c']), 1);
  offer(['d']);
  assert.deepEqual(await linesOf(registry, 'aegis_log_lines_total'), [
    'aegis_log_lines_total{outcome="taken"} 3',
    'aegis_log_lines_total{outcome="dropped"} 1',
  ]);
});

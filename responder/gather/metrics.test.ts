import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, NOW, targetOf } from '../../test/builders.ts';
import type { Series, Window } from '../clients/prometheus.ts';
import { makeMetricSources, worstByInstance } from './metrics.ts';

const at = NOW.getTime() / 1000;
const series = (instance: string, path: string, ...values: number[]): Series => ({
  labels: { service: 'shop', instance, path },
  points: values.map((value, i) => [at + 10 * i, value]),
});
const highest = { worst: (values: number[]) => Math.max(...values) };
const values = (all: Series[]) => all.map((one) => one.points.map(([, value]) => value));

test('of what two paths tell of one instance in the same second the worst counts', () => {
  const merged = worstByInstance(highest, [
    series('shop-1', 'direct', 0.5, 0.9),
    series('shop-1', 'collector', 0.6, 0.8),
  ]);
  assert.deepEqual(values(merged), [[0.6, 0.9]]);
  assert.equal(merged[0]?.labels.instance, 'shop-1');
});

test('either path may vanish, and instances are not mixed up', () => {
  const merged = worstByInstance(highest, [
    series('shop-1', 'direct', 0.5),
    series('shop-2', 'collector', 0.9),
  ]);
  assert.deepEqual(values(merged), [[0.5], [0.9]]);
});

test('samples of different seconds stand in the order of their times', () => {
  const early: Series = {
    labels: { instance: 'shop-1', path: 'collector' },
    points: [
      [at - 5, 0.1],
      [at + 5, 0.3],
    ],
  };
  const [merged] = worstByInstance(highest, [series('shop-1', 'direct', 0.2, 0.4), early]);
  assert.deepEqual(merged?.points, [
    [at - 5, 0.1],
    [at, 0.2],
    [at + 5, 0.3],
    [at + 10, 0.4],
  ]);
});

const question = {
  incident: incidentOf(),
  target: targetOf(),
  now: NOW,
  signal: new AbortController().signal,
};
async function gather(raw: (selector: string) => Series[], range: (query: string) => Series[] = () => []) {
  const asked: { query: string; window?: Window }[] = [];
  const prometheus = {
    raw: async (query: string) => {
      asked.push({ query });
      return raw(query);
    },
    range: async (query: string, window: Window) => {
      asked.push({ query, window });
      return range(query);
    },
  };
  const sources = makeMetricSources({ prometheus });
  return { asked, found: (await Promise.all(sources.map((source) => source.read(question)))).flat() };
}

test('each SLI of the target is a source, with a finding for each instance that says where it went', async () => {
  const { asked, found } = await gather((selector) =>
    selector.startsWith('process_memory') ? [series('shop-1', 'direct', 0.5, 0.96)] : [],
  );
  assert.ok(asked.length >= 10 && asked.every(({ query }) => query.includes('service="shop"')));
  assert.deepEqual(
    found.map((finding) => finding.reading),
    ['memory_utilization of shop-1: 50 % -> 96 % in 10 s'],
  );
  assert.match(found[0]?.query ?? '', /^process_memory.*\[300s\]$/);
});

test('what is recorded is read over ten minutes up to now, each second of the last two', async () => {
  const points = Array.from({ length: 601 }, (_, i): [number, number] => [
    at - 600 + i,
    i < 590 ? 0.02 : 0.3,
  ]);
  const { asked, found } = await gather(
    () => [],
    (query) =>
      query.startsWith('service:error_ratio:max') ? [{ labels: { instance: 'shop-1' }, points }] : [],
  );
  const { window } = asked.find(({ query }) => query === 'service:error_ratio:max{service="shop"}') ?? {};
  assert.deepEqual(window, { start: at - 600, end: at, stepSeconds: 1 });
  assert.equal(found[0]?.reading, 'error_ratio of shop-1: 2 % -> 30 % in 600 s');
  const data = found[0]?.data;
  const kept = data?.kind === 'signal' ? (data.signal?.series ?? []) : [];
  assert.deepEqual(
    [kept.length, kept[0]?.[0], kept[1]?.[0], kept.at(-2)?.[0]],
    [217, at - 600, at - 595, at - 1],
  );
});

test('a recording without an instance is of the service, and one without a point is none', async () => {
  const { found } = await gather(
    () => [],
    (query) =>
      query.startsWith('service:request_rate')
        ? [
            { labels: { service: 'shop' }, points: [[at, 20]] },
            { labels: { instance: 'shop-2' }, points: [] },
          ]
        : [],
  );
  assert.deepEqual(
    found.map(({ reading, data }) => [reading, data.kind === 'signal' && data.signal?.instance]),
    [['request_rate of shop: 20 -> 20 in 0 s', null]],
  );
});

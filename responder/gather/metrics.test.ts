import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, NOW, targetOf } from '../../test/builders.ts';
import type { Series } from '../clients/prometheus.ts';
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

test('each SLI of the target is a source, with a finding for each instance that says where it went', async () => {
  const asked: string[] = [];
  const raw = async (selector: string) => {
    asked.push(selector);
    return selector.startsWith('process_memory') ? [series('shop-1', 'direct', 0.5, 0.96)] : [];
  };
  const signal = new AbortController().signal;
  const question = { incident: incidentOf(), target: targetOf(), now: NOW, signal };
  const sources = makeMetricSources({ prometheus: { raw } });
  const found = (await Promise.all(sources.map((source) => source.read(question)))).flat();
  assert.ok(asked.length >= 3 && asked.every((selector) => selector.includes('service="shop"')));
  assert.deepEqual(
    found.map((finding) => finding.reading),
    ['memory_utilization of shop-1: 50 % -> 96 % in 10 s'],
  );
  assert.match(found[0]?.query ?? '', /^process_memory.*\[300s\]$/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../../test/builders.ts';
import type { IncidentSummary } from '../../incident/archive.ts';
import type { LogLine } from '../../incident/incident.ts';
import { makeLookUpSources } from './sources.ts';

const signal = new AbortController().signal;
const line = (i: number, message: string): LogLine => ({
  ...{ timestamp: ago(100 - i), severity: 'error', service: 'shop', message },
});
const summaryOf = (over: Partial<IncidentSummary>) =>
  ({
    startsAt: ago(600),
    alertname: 'TargetDown',
    outcome: 'resolved',
    conclusion: 'it helped',
    closedAt: ago(60),
    ...over,
  }) as IncidentSummary;
type Options = Parameters<typeof makeLookUpSources>[0];
const sourcesOf = (over: Partial<Options> = {}) =>
  makeLookUpSources({
    prometheus: { range: async () => [] },
    window: { recent: async () => [] },
    archive: { list: async () => ({ incidents: [], next: null }) },
    clock: () => NOW,
    ...over,
  });

test('a PromQL expression is read over the last half hour, a few series of it', async () => {
  const asked: unknown[] = [];
  const range: Options['prometheus']['range'] = async (query, { start, end }) => {
    asked.push(query, end - start);
    return Array.from({ length: 10 }, (_, i) => ({
      labels: { i: `${i}` },
      points: [[1, 0.123456]] as [number, number][],
    }));
  };
  const text = await sourcesOf({ prometheus: { range } }).promql('up', signal);
  assert.deepEqual(asked, ['up', 1_800]);
  assert.match(text, /^\{"i":"0"\} \[1,0\.1235\]\n/);
  assert.match(text, /and 2 more series$/);
});

test('the log of the target alone is searched, whatever the case of the letters, the newest lines last', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => line(i, i % 2 ? `Heap ${i}` : `other ${i}`));
  const services: string[] = [];
  const window: Options['window'] = {
    recent: async (service) => {
      services.push(service);
      return lines;
    },
  };
  const text = await sourcesOf({ window }).logs('shop', 'heap');
  assert.deepEqual(services, ['shop']);
  assert.match(text, /^30 of 60 lines\n/);
  assert.match(text, /error Heap 59$/);
  assert.ok(!text.includes('other') && !text.includes('Heap 1\n'));
  assert.equal(await sourcesOf({ window }).logs('shop', 'nowhere'), '');
});

test('of past incidents those that have ended are told', async () => {
  const incidents = [summaryOf({}), summaryOf({ closedAt: null, conclusion: 'still open' })];
  const text = await sourcesOf({ archive: { list: async () => ({ incidents, next: null }) } }).past('shop');
  assert.equal(text, `${ago(600)} TargetDown resolved: it helped`);
});

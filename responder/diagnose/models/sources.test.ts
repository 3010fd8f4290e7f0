import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../../test/builders.ts';
import type { IncidentSummary } from '../../incident/archive.ts';
import type { LogLine } from '../../incident/incident.ts';
import { newestOf } from './look-ups.ts';
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
  assert.match(text, /^30 of 60 lines, the newest 20 shown\n/);
  assert.match(text, /error Heap 59$/);
  assert.ok(!text.includes('other') && !text.includes('Heap 1\n'));
  assert.equal(await sourcesOf({ window }).logs('shop', 'nowhere'), '');
});

test('of past incidents those that have ended are told, the newest last, where nothing is cut', async () => {
  const incidents = [summaryOf({ closedAt: null, conclusion: 'still open' }), summaryOf({})];
  const text = await sourcesOf({ archive: { list: async () => ({ incidents, next: null }) } }).past('shop');
  assert.equal(text, `${ago(600)} TargetDown resolved: it helped`);
  const many = ['newest', 'older', 'oldest'].map((conclusion) => summaryOf({ conclusion }));
  const archive = { list: async () => ({ incidents: many, next: null }) };
  const told = await sourcesOf({ archive }).past('shop');
  assert.match(told, / oldest\n.* older\n.* newest$/);
});

test('what does not fit is left out from the oldest on, and that is said', async () => {
  const points = Array.from({ length: 31 }, (_, i): [number, number] => [60 * i, i]);
  const range = async () => Array.from({ length: 8 }, (_, i) => ({ labels: { pod: `shop-${i}` }, points }));
  const told = await sourcesOf({ prometheus: { range } }).promql('up', signal);
  assert.ok(told.length <= 2_000, String(told.length));
  assert.equal([...told.matchAll(/\[1800,30\]/g)].length, 8, 'the newest point of each');
  assert.match(told, /\(cut: every \d+th point is shown, and the last\)$/);
  const long = async () => Array.from({ length: 8 }, () => ({ labels: { path: 'x'.repeat(500) }, points }));
  assert.match(await sourcesOf({ prometheus: { range: long } }).promql('up', signal), /and \d more series/);

  const lines = Array.from({ length: 40 }, (_, i) => line(i, `heap ${i} ${'words '.repeat(40)}`));
  const logs = await sourcesOf({ window: { recent: async () => lines } }).logs('shop', 'heap');
  assert.ok(logs.length <= 2_000, String(logs.length));
  assert.match(logs, /^40 of 40 lines, the newest [1-9] shown\n[\s\S]* heap 39 /);
});

test('whatever a source gives, of the last lines the whole ones stay', () => {
  const lines = Array.from({ length: 300 }, (_, i) => `password=secret${i}`);
  const kept = newestOf(lines.join('\n')).split('\n');
  const leftOut = lines.join('\n').length - kept.slice(1).join('\n').length;
  assert.deepEqual(
    [kept[0], kept[1]?.startsWith('password='), kept.at(-1)],
    [`[cut: ${leftOut} characters do not fit]`, true, 'password=secret299'],
  );
  assert.ok(leftOut > 3_000, String(leftOut));
  assert.match(newestOf(`password=${'x'.repeat(5_000)}`), /^password=x+\n\[cut: 3059 /);
  assert.equal(newestOf('short'), 'short');
});

test('what is cut, and grows and is cut again, is counted as one', () => {
  const [cut, ...lines] = newestOf(Array.from({ length: 300 }, (_, i) => `pwd=${i}`).join('\n')).split('\n');
  const grown = lines.map(() => 'pwd=[redacted]').join('\n');
  const [again, ...kept] = newestOf(`${cut}\n${grown}`).split('\n');
  const countIn = (line: string | undefined) => Number(/^\[cut: (\d+) characters/.exec(line ?? '')?.[1]);
  assert.ok(countIn(cut) > 0 && kept.length > 100, `${cut} ${kept.length}`);
  assert.equal(countIn(again), countIn(cut) + grown.length - kept.join('\n').length);
});

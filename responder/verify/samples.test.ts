import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '../clients/prometheus.ts';
import { SLIS } from '../incident/sli.ts';
import { increase, quantileOf, readingOf, type Samples } from './samples.ts';

/** The action was at 1,000; now is so many seconds later. */
const SINCE = 1_000;
const when = (seconds = 12) => ({ since: SINCE, now: SINCE + seconds });
type Pairs = [number, number][];
/** `1:100 2:110` is 100 one second after the action, and 110 two seconds after it. */
const pairs = (text: string): Pairs =>
  text.split(' ').map((pair) => pair.split(':').map(Number) as [number, number]);
const series = (points: string | Pairs, labels: Record<string, string> = {}): Series => ({
  labels: { service: 'shop', ...labels },
  points: (typeof points === 'string' ? pairs(points) : points).map(([at, value]) => [SINCE + at, value]),
});

const INCREASES: [words: string, points: string | Pairs, expected: number, from: number][] = [
  ['no samples', [], 0, 0],
  ['what grew after the action', '1:100 2:110 3:125', 125, 0],
  ['one sample of a series that was there before', '-5:100 3:160', 0, 0],
  ['a pair that straddles the action, and one that does not', '-1:100 1:160 2:170', 10, 0],
  ['a series that was not there before', '2:7 3:9', 9, 0],
  ['a counter that was started anew', '-1:90 1:100 2:110 3:4 4:6', 16, 0],
  ['a counter that was started anew over the action', '-1:500 1:8 2:9', 9, 0],
  ['nothing new', '-1:100 1:100 2:100', 0, 0],
  ['a sample at the very instant of the action', '0:100 1:150', 0, 0],
  ['what is older than asked for', '1:0 5:900 29:940 35:950 36:960', 10, 30],
];
for (const [words, points, expected, from] of INCREASES)
  test(`increase of a counter: ${words}`, () =>
    assert.equal(increase(series(points), SINCE + from), expected));

const objective = (name: string, threshold: number) => {
  const sli = SLIS[name];
  assert.ok(sli);
  return { sli, threshold };
};
function reads(name: string, threshold: number, samples: Partial<Samples>, seconds?: number) {
  return readingOf(objective(name, threshold), { series: [], whole: [], ...samples }, when(seconds));
}
const memory = (...all: string[]) =>
  reads('memory_utilization', 0.85, { series: all.map((points) => series(points)) });

test('a gauge needs one sample from after the action, and its last one counts', () => {
  assert.equal(memory('-1:0.9 1:0.4').result, 'pass');
  assert.equal(memory('1:0.4 2:0.9').result, 'fail');
  assert.equal(memory('-1:0.4').result, 'unknown');
  assert.equal(memory('0:0.4').result, 'unknown', 'of the very instant');
  assert.equal(reads('memory_utilization', 0.85, { series: [series([])] }).result, 'unknown');
  assert.equal(memory().result, 'unknown');
  assert.match(
    memory('1:0.412345').reading,
    /memory_utilization is 0\.412 in 1 sample\(s\).*threshold 0\.85/,
  );
});

test('of a gauge on several paths the worst counts, and one that has not told is waited for', () => {
  assert.equal(memory('1:0.4', '1:0.9').result, 'fail');
  assert.equal(memory('1:0.4', '-1:0.9').result, 'unknown');
  assert.match(memory('1:0.4', '-1:0.9').reading, /1 more to come/);
  assert.equal(memory('1:0.9', '-1:0.4').result, 'fail', 'bad is bad already');
  assert.equal(reads('up', 1, { series: [series('1:1'), series('1:0')] }).result, 'fail', 'the lowest');
});

/** A counter that grows by so much a second, told every second between two times. */
const counter = (perSecond: number, from = 1, to = 12, start = 50): Pairs =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, start + perSecond * i]);
/** The same from before the action on. */
const running = (perSecond: number) => counter(perSecond, -5);
const on = (path: string, points: string | Pairs, code = '500') =>
  series(points, { path, http_response_status_code: code });
const ratio = (part: Series[], whole: Series[], seconds?: number) =>
  reads('error_ratio', 0.0144, { series: part, whole }, seconds);

test('a ratio is the share of what grew after the action', () => {
  const all = [on('direct', running(10), '200'), on('direct', running(1))];
  const { result, reading } = ratio([on('direct', running(1))], all);
  assert.equal(result, 'fail');
  assert.match(reading, /error_ratio is 0\.0909 in 1 path/);
  assert.equal(ratio([on('direct', running(0))], all).result, 'pass');
  assert.equal(ratio([], all).result, 'pass', 'failures that nobody ever saw');
});

test('a ratio of too few requests is none', () => {
  assert.equal(ratio([], [on('direct', running(0.5))]).result, 'unknown', 'few since the action');
  assert.equal(ratio([], [on('direct', running(1.2))]).result, 'pass');
  const slow = [on('direct', counter(0.5, -5, 40))];
  assert.equal(ratio([], slow, 40).result, 'pass', 'a quiet service is given all the time since the action');
  assert.equal(
    ratio([on('direct', [...pairs('-1:0 1:0 2:3'), ...counter(0, 3, 40, 3)])], slow, 40).result,
    'fail',
  );
  assert.equal(ratio([], [on('direct', counter(50, -1, 1))], 2).result, 'unknown', 'a single pair yet');
  assert.equal(ratio([], [on('direct', counter(10, -1, 2))], 3).result, 'pass');
  assert.equal(ratio([], []).result, 'unknown');
});

test('failures that are older than ten seconds leave the ratio', () => {
  const early = [...pairs('-1:0 1:50 2:90'), ...counter(0, 3, 40, 90)];
  const whole = [on('direct', counter(10, -1, 40))];
  assert.equal(ratio([on('direct', early)], whole, 8).result, 'fail');
  assert.equal(ratio([on('direct', early)], whole, 40).result, 'pass');
});

test('the failures of the process before are not those of the new one', () => {
  const before = pairs('-3:5000 -2:5400 -1:5800');
  const whole = [on('direct', [...before, ...counter(20, 1, 12, 20)])];
  assert.equal(ratio([on('direct', [...before, ...counter(0, 1, 12, 0)])], whole).result, 'pass');
});

test('on every metric path that is alive the ratio must be good', () => {
  const [direct, collector] = [on('direct', running(10)), on('collector', running(10))];
  assert.equal(ratio([on('collector', running(5))], [direct, collector]).result, 'fail');
  assert.equal(ratio([on('direct', running(5))], [direct, collector]).result, 'fail');
  assert.equal(ratio([], [direct, collector]).result, 'pass');
});

test('a path that is alive and silent is waited for, one that has been silent for long is not', () => {
  const whole = [on('direct', running(10)), on('collector', '-4:0 -3:10')];
  const { result, reading } = ratio([], whole, 11);
  assert.equal(result, 'unknown', 'it told 14 s ago');
  assert.match(reading, /1 more to come/);
  assert.equal(ratio([], whole, 12).result, 'pass', 'it told 15 s ago');
});

test('several instances on one path are one service', () => {
  const instance = (id: string, perSecond: number) =>
    series(running(perSecond), { path: 'direct', instance: id });
  const whole = [instance('shop-1', 10), instance('shop-2', 10)];
  assert.match(ratio([instance('shop-2', 1)], whole).reading, /error_ratio is 0\.05 /);
});

const buckets = (path: string, perSecond: Record<string, number>) =>
  Object.entries(perSecond).map(([le, value]) => series(running(value), { le, path }));
const latency = (all: Series[], seconds?: number) => reads('latency_p95', 1, { series: all }, seconds);
const FAST = buckets('direct', { '0.5': 10, '1': 10, '+Inf': 10 });

test('a quantile is that of the durations after the action', () => {
  assert.match(latency(FAST).reading, /latency_p95 is 0\.475 in 1 path/);
  assert.equal(latency(FAST).result, 'pass');
  assert.equal(latency(buckets('direct', { '1': 0.4, '+Inf': 0.4 })).result, 'unknown', 'too few');
  assert.equal(latency([]).result, 'unknown');
});

test('of a quantile the worst path that is alive counts, and a silent one is waited for', () => {
  const slow = buckets('collector', { '0.5': 0, '1': 0, '5': 10, '+Inf': 10 });
  assert.equal(latency([...FAST, ...slow]).result, 'fail');
  const silent = series('-4:0 -3:10', { le: '+Inf', path: 'collector' });
  assert.equal(latency([...FAST, silent], 11).result, 'unknown');
  assert.equal(latency([...FAST, silent], 12).result, 'pass');
});

test('the durations of the process before are not those of the new one', () => {
  const anew = (le: string, perSecond: number, old: number) =>
    series([...pairs(`-2:${old} -1:${old * 2}`), ...counter(perSecond, 1, 12, perSecond)], { le, path: 'd' });
  const { result, reading } = latency([anew('0.5', 10, 0), anew('10', 10, 900), anew('+Inf', 10, 900)]);
  assert.equal(result, 'pass', reading);
});

test('the order in which buckets are told is no matter', () => {
  const told = { '+Inf': 10, '2.5': 10, '0.5': 5, '10': 10 };
  assert.match(latency(buckets('direct', told)).reading, /is 2\.3 /);
});

test('an SLI that only its recording rule tells is no proof', () => {
  assert.equal(reads('cpu_utilization', 0.9, { series: [series('1:0.1')] }).result, 'unknown');
});

/** What `histogram_quantile` of Prometheus gives for the same buckets; none for fewer than five durations. */
const QUANTILES: [quantile: number, counts: string, expected: number | null][] = [
  [0.5, '1:10 Infinity:10', 0.5],
  [0.9, '1:10 Infinity:10', 0.9],
  [0.95, '0.1:50 0.5:90 1:100 Infinity:100', 0.75],
  [0.9, '0.1:50 0.5:90 1:100 Infinity:100', 0.5],
  [0.5, '0.1:0 0.2:0 0.4:8 Infinity:8', 0.3],
  [0.99, '0.1:50 1:90 Infinity:100', 1],
  [1, '0.1:5 1:10 Infinity:10', 1],
  [0.25, '0.1:5 1:10 Infinity:10', 0.05],
  [0.95, '1:5 Infinity:5', 0.95],
  [0.95, '1:4 Infinity:4', null],
];
for (const [quantile, counts, expected] of QUANTILES)
  test(`quantile ${quantile} of ${counts} is ${expected}`, () => {
    const value = quantileOf(quantile, pairs(counts));
    assert.equal(value === null ? null : Number(value.toFixed(6)), expected);
  });
test('no buckets have no quantile', () => assert.equal(quantileOf(0.5, []), null));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleCase, signal, times } from './bundle.test-helper.ts';
import { loadOf, type Track, tracksOf } from './tracks.ts';

const track = (name: string, values: number[], more: { unit?: string; baseline?: number } = {}): Track => {
  const [found] = tracksOf(bundleCase({ signals: [signal(name, values, more)] }));
  assert.ok(found);
  return found;
};

/** A signal, and how an on-call reads it. */
const READ: [
  what: string,
  name: string,
  values: number[],
  state: Track['state'],
  more?: { unit?: string; baseline?: number },
][] = [
  ['memory that fills up', 'memory_utilization', [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95], 'bad'],
  ['memory that was always that high', 'memory_utilization', times(9, 0.9), 'normal'],
  [
    'memory in bytes that triples',
    'heap_used_bytes',
    [1e8, 1e8, 1e8, 2e8, 2.6e8, 3e8, 3e8],
    'bad',
    { unit: 'bytes' },
  ],
  ['a share told in percent', 'cpu_percent_ratio', [20, 20, 20, 97, 98, 98, 98], 'bad'],
  ['one value of a share that fails', 'error_ratio', [0.4], 'bad'],
  ['one value of a share that does not', 'error_ratio', [0.002], 'normal'],
  ['one value that nothing can be held against', 'p99_ms', [800], 'unknown', { unit: 'count' }],
  ['the same beside what is usual', 'p99_ms', [800], 'bad', { unit: 'count', baseline: 90 }],
  ['errors as many as always', 'http_5xx_rate', times(9, 3), 'normal', { unit: '1/s' }],
  [
    'errors that came and went',
    'error_ratio',
    [...times(4, 0.001), 0.3, 0.3, ...times(5, 0.001)],
    'recovered',
  ],
  ['latency that doubles', 'latency_p95', [...times(6, 0.1), ...times(4, 0.25)], 'bad', { unit: 'seconds' }],
  ['what is up no more', 'up', [...times(6, 1), 0, 0, 0], 'bad', { unit: 'count' }],
  ['a cache that helps no more', 'cache_hit_ratio', [...times(6, 0.95), ...times(4, 0.2)], 'bad'],
  ['a burn rate below one', 'burn_rate', times(6, 0.3), 'normal', { unit: 'count' }],
  ['a burn rate far above', 'burn_rate', [...times(6, 0.3), ...times(4, 18)], 'bad', { unit: 'count' }],
  [
    'more load is no fault by itself',
    'request_rate',
    [...times(6, 50), ...times(4, 400)],
    'normal',
    { unit: '1/s' },
  ],
];
for (const [what, name, values, state, more] of READ)
  test(`${what}: ${state}`, () => assert.equal(track(name, values, more).state, state));

test('load is told by the signal of it that moved most, and not told where nothing is known of before', () => {
  const load = (...values: number[][]) =>
    loadOf(
      tracksOf(
        bundleCase({ signals: values.map((one, i) => signal(`request_rate_${i}`, one, { unit: '1/s' })) }),
      ),
    );
  assert.equal(load([...times(6, 50), ...times(4, 120)]).word, 'grew');
  assert.equal(load(times(9, 50), [...times(6, 50), ...times(4, 120)]).word, 'grew');
  assert.equal(load(times(9, 50)).word, 'steady');
  assert.equal(load([...times(6, 50), ...times(4, 2)]).word, 'fell');
  assert.equal(load([50]).word, 'unseen');
});

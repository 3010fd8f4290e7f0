/** What is measured as it always rises, or as it is left, is held against what is usual for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleCase, signal, times } from './bundle.test-helper.ts';
import { diagnoseGenerally } from './general.ts';
import { tracksOf } from './tracks.ts';

const tracks = (...signals: object[]) => tracksOf(bundleCase({ signals }));
const read = (name: string, values: number[], unit = 'count') => {
  const [track] = tracks(signal(name, values, { unit }));
  assert.ok(track);
  return track;
};
/** From a first value on, so much more each minute. */
function rising(first: number, ...steps: number[]): number[] {
  const values = [first];
  for (const step of steps) values.push((values.at(-1) as number) + step);
  return values;
}

test('a counter is read as its growth a second, over a start anew too', () => {
  const flat = read('http_requests_total', rising(100, ...times(9, 600)));
  assert.deepEqual([flat.role, flat.state, flat.from, flat.to], ['traffic', 'normal', 10, 10]);
  const surge = read('http_requests_total', rising(100, ...times(6, 600), ...times(6, 3_000)));
  assert.deepEqual([surge.from, surge.to], [10, 50]);
  const failing = read('http_errors_total', rising(7, ...times(6, 0), ...times(6, 120)));
  assert.deepEqual([failing.role, failing.state, failing.to], ['errors', 'bad', 2]);
  const anew = read('http_requests_total', [
    ...rising(6_000, ...times(5, 600)),
    ...rising(600, ...times(5, 600)),
  ]);
  assert.equal(anew.to, 10);
  assert.equal(read('process_cpu_seconds_total', rising(1, ...times(9, 18)), 'seconds').state, 'normal');
});

test('what was read at one moment alone, or is no number, is no reading', () => {
  const at = (...series: [number, number][]) =>
    tracks({ name: 'http_requests_total', unit: 'count', series });
  assert.deepEqual(at([1795485600, 1], [1795485600, 2], [1795485600, 3]), []);
  assert.deepEqual(at(), []);
});

test('what stands there just now is no counter, however it is called', () => {
  assert.equal(read('queue_depth_total', rising(10, ...times(9, 400))).state, 'bad');
  assert.equal(read('thread_count', rising(40, ...times(9, 30))).state, 'bad');
  assert.equal(read('container_restarts_total', [0, 0, 0, 1, 3, 5, 7]).state, 'bad');
});

test('a sum is told by its count: how much came to one', () => {
  const count = signal('request_duration_seconds_count', rising(0, ...times(12, 60)), { unit: 'count' });
  const sum = signal('request_duration_seconds_sum', rising(0, ...times(6, 6), ...times(6, 60)), {
    unit: 'seconds',
  });
  const [slow] = tracks(sum, count);
  assert.deepEqual([slow?.role, slow?.state, slow?.from, slow?.to], ['latency', 'bad', 0.1, 1]);
  assert.equal(
    read('request_duration_seconds_sum', rising(0, ...times(6, 6), ...times(6, 60)), 'seconds').role,
    'other',
  );
});

test('a clock is no symptom, unless what it counts down to has come', () => {
  const minutes = Array.from({ length: 12 }, (_, i) => 60 * i);
  for (const [name, values] of Object.entries({
    last_backup_age_seconds: minutes.map((at) => 600 + at),
    process_uptime_seconds: minutes,
    ssl_certificate_expiry_seconds: minutes.map((at) => 5e6 - at),
    process_start_time_seconds: times(12, 1.79e9),
  }))
    assert.deepEqual(
      [read(name, values, 'seconds').role, read(name, values, 'seconds').state],
      ['clock', 'unknown'],
      name,
    );
  const expired = read(
    'probe_ssl_earliest_cert_expiry',
    minutes.map((at) => 300 - at),
    'seconds',
  );
  assert.equal(expired.state, 'bad');
  assert.equal(
    read('oldest_message_age_seconds', [2, 2, 2, 62, 122, 182, 242], 'seconds').state,
    'bad',
    'it waits',
  );
});

test('of what is left less is worse', () => {
  const falls = [0.6, 0.58, 0.5, 0.4, 0.3, 0.2, 0.1, 0.04];
  assert.deepEqual(
    [read('heap_free_ratio', falls, 'ratio').role, read('heap_free_ratio', falls, 'ratio').state],
    ['memory', 'bad'],
  );
  assert.equal(read('filesystem_avail_ratio', falls, 'ratio').state, 'bad');
  assert.equal(read('heap_free_ratio', falls.toReversed(), 'ratio').state, 'normal');
  assert.equal(
    read('node_memory_MemAvailable_bytes', [8e9, 8e9, 8e9, 4e9, 2e9, 1e9, 3e8], 'bytes').state,
    'bad',
  );
  assert.equal(
    read('pool_idle_connections', [4, 5, 7, 9, 12, 14]).state,
    'normal',
    'more of it hurts nobody',
  );
  assert.equal(read('pool_idle_connections', [9, 9, 9, 9, 0, 0, 0]).state, 'bad');
});

test('linear counters and clocks change no answer', () => {
  const errors = signal('error_ratio', [...times(8, 0.001), ...times(5, 0.5)]);
  const memory = signal('memory_utilization', [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96]);
  const noise = [
    signal('http_requests_total', rising(100, ...times(12, 600)), { unit: 'count' }),
    signal('node_network_receive_bytes_total', rising(1e6, ...times(12, 1e6)), { unit: 'bytes' }),
    signal('last_backup_age_seconds', rising(600, ...times(12, 60)), { unit: 'seconds' }),
  ];
  for (const one of [errors, memory]) {
    const [bare, noisy] = [[one], [one, ...noise]].map((signals) =>
      diagnoseGenerally(bundleCase({ signals })),
    );
    assert.deepEqual([noisy?.action, noisy?.category], [bare?.action, bare?.category]);
  }
});

test('more of something that nobody knows is no reason to go back', () => {
  const keys = signal('cached_keys', [100, 100, 100, 180, 300, 400, 420], { unit: 'count' });
  const latency = signal('latency_p95', times(7, 0.2), { unit: 'seconds' });
  const changes = [
    { timestamp: '2026-11-24T02:00:00Z', kind: 'deploy', target: 'shop', from: '1.0', to: '1.1' },
  ];
  assert.equal(diagnoseGenerally(bundleCase({ signals: [keys, latency], changes })).category, 'none');
  assert.notEqual(diagnoseGenerally(bundleCase({ signals: [keys], changes })).action, 'ROLLBACK');
});

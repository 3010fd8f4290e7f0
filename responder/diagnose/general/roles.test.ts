import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Role, roleOf } from './roles.ts';

const NAMES: Record<string, Role> = {
  memory_utilization: 'memory',
  'rabbitmq_queue_messages_published_rate{queue="receipts"}': 'traffic',
  rabbitmq_queue_messages_ready: 'queue',
  quotes_rpm: 'traffic',
  node_memory_MemAvailable_bytes: 'machine',
  'node_filesystem_avail_bytes{mountpoint="/"}': 'disk',
  hikaricp_connections_idle: 'pool',
  api_quota_remaining: 'other',
  container_memory_working_set_bytes: 'memory',
  heapUsed: 'memory',
  jvm_old_gen_ratio: 'memory',
  cpu_utilization: 'cpu',
  'load1 avg': 'cpu',
  cpu_steal_ratio: 'machine',
  node_cpu_utilization: 'machine',
  event_loop_utilization: 'loop',
  error_ratio: 'errors',
  http_5xx_rate: 'errors',
  burn_rate: 'errors',
  failed_logins_total: 'errors',
  latency_p95: 'latency',
  p99_ms: 'latency',
  'http.server.request.duration': 'latency',
  request_rate: 'traffic',
  rps: 'traffic',
  messages_consumed_per_second: 'traffic',
  db_pool_utilization: 'pool',
  hikaricp_connections_active: 'pool',
  open_fds: 'files',
  thread_count: 'threads',
  disk_used_ratio: 'disk',
  queue_depth: 'queue',
  consumer_lag: 'queue',
  replication_lag_s: 'lag',
  pods_ready: 'up',
  CPUUtilization: 'cpu',
  ApproximateNumberOfMessagesVisible: 'queue',
  up: 'up',
  availability: 'up',
  replicas: 'replicas',
  cache_hit_ratio: 'cache',
  pod_restarts: 'restarts',
  something_else: 'other',
};

for (const [name, role] of Object.entries(NAMES))
  test(`${name} is about ${role}`, () => assert.equal(roleOf({ name, unit: 'count' }), role));

test('a name that says nothing is told by its unit', () => {
  assert.equal(roleOf({ name: 'x', unit: 'seconds' }), 'latency');
  assert.equal(roleOf({ name: 'x', unit: '1/s' }), 'traffic');
  assert.equal(roleOf({ name: 'x', unit: 'bytes' }), 'memory');
});

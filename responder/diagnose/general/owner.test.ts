/** Whose a signal is, and what follows: nothing is done to the target for what somebody else uses up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleCase, signal, times } from './bundle.test-helper.ts';
import { diagnoseGenerally } from './general.ts';
import { ownerOf, roleOfTheirs } from './owner.ts';

const names = { target: 'session-svc', others: ['pricing-api'] };
const ownerIn = (name: string, target = names.target) =>
  ownerOf({ name }, roleOfTheirs({ name, unit: 'ratio' }, [target, ...names.others]), { ...names, target });

test("it is the target's own, unless its name begins with that of another, or of a server", () => {
  for (const name of ['memory_utilization', 'session_svc_memory_utilization', 'jvm_heap_used_ratio', 'cpu'])
    assert.equal(ownerIn(name), null, name);
  assert.equal(ownerIn('pricing_api_cpu_ratio'), 'pricing-api');
  assert.equal(ownerIn('pricing_cpu_ratio'), 'pricing-api');
  const others = ['memory-service', 'process-api', 'app'];
  for (const name of ['memory_utilization', 'process_cpu_ratio', 'app_memory_ratio'])
    assert.equal(
      ownerOf({ name }, roleOfTheirs({ name, unit: 'ratio' }, others), { ...names, others }),
      null,
      name,
    );
  for (const [name, owner] of [
    ['redis_memory_used_ratio', 'redis'],
    ['rds_cpu_utilization', 'rds'],
    ['elasticsearch_jvm_heap_used_ratio', 'elasticsearch'],
    ['shared_redis_memory_ratio', 'shared redis'],
  ])
    assert.equal(ownerIn(name as string), owner, name);
});

test('of two whose names begin alike it is of the one who is told more exactly', () => {
  const owner = (name: string) =>
    ownerOf({ name }, 'cpu', { target: 'orders', others: ['orders-db', 'orders-web-proxy'] });
  assert.deepEqual(
    [owner('orders_cpu'), owner('orders_db_cpu'), owner('orders_web_proxy_cpu')],
    [null, 'orders-db', 'orders-web-proxy'],
  );
});

test('how long others take, and what waits for them, is measured on the own side too', () => {
  for (const name of [
    'redis_latency_p95',
    'pricing_api_error_ratio',
    'rabbitmq_queue_depth',
    'kafka_consumer_cpu',
  ])
    assert.equal(ownerIn(name), null, name);
});

test('of a server that is the target itself its signals are its own', () => {
  assert.equal(ownerIn('redis_memory_used_ratio', 'redis-cache'), null);
  assert.equal(ownerIn('postgres_memory_ratio', 'postgres'), null);
  assert.equal(ownerIn('redis_memory_used_ratio', 'orders-redis-2'), null);
  assert.equal(ownerIn('redis_memory_used_ratio', 'redis-session-api'), 'redis', 'only by its name');
  assert.equal(ownerIn('kafka_broker_cpu_ratio', 'kafka-bridge'), 'kafka');
});

test('the words of a name are not what a signal is about', () => {
  const roleIn = (name: string, ...owners: string[]) => roleOfTheirs({ name, unit: 'ratio' }, owners);
  assert.equal(roleIn('session_pool_svc_memory_utilization', 'session-pool-svc'), 'memory');
  assert.equal(roleIn('queue_worker_cpu_utilization', 'queue-worker'), 'cpu');
  assert.equal(roleIn('orders_total', 'orders'), 'traffic', 'where nothing else tells, the whole name does');
  assert.equal(roleIn('queue', 'queue'), 'queue');
});

test('a server of others that is full is named, and the target is left alone', () => {
  const cpu = (name: string) => signal(name, [...times(8, 0.2), ...times(4, 0.99)]);
  const slow = signal('latency_p95', [...times(8, 0.2), ...times(4, 2.6)], { unit: 'seconds' });
  const requests = signal('requests_per_second', times(12, 120), { unit: '1/s' });
  const answer = (name: string) => diagnoseGenerally(bundleCase({ signals: [cpu(name), slow, requests] }));
  const foreign = answer('rds_cpu_utilization');
  assert.deepEqual([foreign.action, foreign.category], ['NOOP', 'dependency_failure']);
  assert.match(foreign.root_cause, /rds, which is at its limit/);
  assert.equal(answer('cpu_utilization').action, 'RESTART', 'its own is another matter');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHealth } from './health.ts';

const who = { service: 'shop', version: '1.0.0', instance: 'shop-1', startedAt: new Date(0) };

test('all dependencies answer: ok, with what is running', async () => {
  const health = await makeHealth({ ...who, dependencies: { database: async () => 1 }, now: () => 5 })();
  assert.deepEqual(health, {
    status: 'ok',
    service: 'shop',
    version: '1.0.0',
    instance: 'shop-1',
    startedAt: '1970-01-01T00:00:00.000Z',
    dependencies: { database: { status: 'ok', latency_ms: 0 } },
  });
});

test('a dependency that fails is named with its words', async () => {
  const refused = async () => {
    throw Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  };
  const health = await makeHealth({ ...who, dependencies: { database: refused, cache: async () => 1 } })();
  assert.equal(health.status, 'failing');
  assert.equal(health.reason, 'database: ECONNREFUSED');
  assert.equal(health.dependencies.cache?.status, 'ok');
});

test('a dependency that hangs is failing after the timeout, and is asked once for all who wait', async () => {
  let asked = 0;
  const hangs = () => {
    asked += 1;
    return new Promise(() => undefined);
  };
  const check = makeHealth({ ...who, dependencies: { database: hangs }, timeoutMs: 20 });
  const [one, two] = await Promise.all([check(), check()]);
  assert.equal(one.reason, 'database: no answer within 20 ms');
  assert.equal(two, one);
  assert.equal(asked, 1);
  await check();
  assert.equal(asked, 2);
});

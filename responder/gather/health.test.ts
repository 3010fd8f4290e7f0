import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ago, incidentOf, NOW, targetOf } from '../../test/builders.ts';
import type { CheckHealth, Health } from '../clients/health.ts';
import { makeHealthSource } from './health.ts';

const well: Health = { healthy: true, status: 200, version: '1.1.0', dependencies: [] };
// The patience is a timer that alone does not keep the process alive.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

async function read(
  checkHealth: CheckHealth,
  releases = async () => [{ version: '1.1.0', at: ago(60), by: 'deploy' }],
) {
  const { signal } = new AbortController();
  const source = makeHealthSource({ checkHealth, runtime: { releases }, patienceMs: 20 });
  return source.read({ incident: incidentOf(), target: targetOf(), now: NOW, signal });
}

test('an instance that answers is told with its release and what it depends on', async () => {
  const dependencies = [{ name: 'database', healthy: false, latency_ms: 1000.4 }];
  const found = await read(async () => ({ ...well, healthy: false, status: 503, dependencies }));
  assert.deepEqual(
    found.map((finding) => finding.reading),
    ['shop-1 answers 503: not healthy, version 1.1.0', 'shop-1 sees database NOT healthy (1000 ms)'],
  );
});

test('another release than the one on record is told', async () => {
  const [found] = await read(
    async () => well,
    async () => [{ version: '1.0.0', at: ago(60), by: 'deploy' }],
  );
  assert.match(found?.reading ?? '', /version 1\.1\.0, though the record of releases says 1\.0\.0$/);
  for (const releases of [async () => [], () => Promise.reject(new Error('none'))])
    assert.match((await read(async () => well, releases))[0]?.reading ?? '', /version 1\.1\.0$/);
});

test('no answer in time is silence of the instance, told before the deadline makes it a failure of ours', async () => {
  const hangs: CheckHealth = (_, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  const [found] = await read(hangs);
  assert.equal(found?.status, 'ok');
  assert.deepEqual(found?.data, {
    kind: 'health',
    instance: 'shop-1',
    healthy: false,
    status: null,
    version: null,
  });
  assert.match(found?.reading ?? '', /shop-1 gives no answer: none within 20 ms/);
});

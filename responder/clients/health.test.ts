import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { makeHealthCheck } from './health.ts';

/** A server that gives one answer, and what the health check makes of it. */
async function healthOf(status: number, body: string) {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await makeHealthCheck()(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test('the form of target-app tells version and dependencies', async () => {
  const dependencies = { database: { status: 'failing', latency_ms: 5 }, cache: { status: 'ok' } };
  const health = await healthOf(503, JSON.stringify({ status: 'failing', version: '1.0.0', dependencies }));
  assert.deepEqual(health, {
    healthy: false,
    status: 503,
    version: '1.0.0',
    dependencies: [
      { name: 'database', healthy: false, latency_ms: 5 },
      { name: 'cache', healthy: true, latency_ms: null },
    ],
  });
});

test('of any other body only the status code speaks', async () => {
  for (const body of ['ok', '{"dependencies": ["a", "b"]}', '[]', ''])
    assert.deepEqual(await healthOf(200, body), {
      healthy: true,
      status: 200,
      version: null,
      dependencies: [],
    });
});

test('a foreign form of dependencies does not hide the version', async () => {
  assert.equal((await healthOf(200, '{"version": "2.0", "dependencies": [1]}')).version, '2.0');
});

test('no answer in time is an error that names the address', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(makeHealthCheck({ timeoutMs: 50 })(`${url}/health`), {
    code: 'AEGIS_UPSTREAM',
    message: `health endpoint at ${url}: no answer within 50 ms`,
  });
  server.closeAllConnections();
  server.close();
});

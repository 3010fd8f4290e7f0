import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Router from '@koa/router';
import Koa from 'koa';
import { makeProblems } from '../problem.ts';
import { addFaroRoutes } from './faro.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Taken {
  path: string;
  headers: Record<string, unknown>;
  body: { resourceLogs: { resource: { attributes: { key: string; value: object }[] } }[] };
}

/** A Collector that answers with this status, or never. */
async function collector(status: number | null) {
  const taken: Taken[] = [];
  const base = await listen(async (request, response) => {
    const chunks = await request.toArray();
    taken.push({
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(Buffer.concat(chunks).toString()),
    });
    if (status !== null) response.writeHead(status).end('{}');
  });
  return { base, taken };
}

async function open(endpoint: string, allowed = { burst: 100, perSecond: 1 }) {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const log = { info: note, warn: note, error: note };
  const router = new Router();
  addFaroRoutes(router, { service: 'shop', version: '1.0.0', instance: 'shop-1', endpoint, log, allowed });
  const app = new Koa().use(makeProblems({ log })).use(router.routes());
  return { base: await listen(app.callback()), said };
}

const LOGS = JSON.stringify({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'payments' } }] },
      scopeLogs: [{ logRecords: [{ body: { stringValue: 'TypeError: x is undefined' } }] }],
    },
  ],
});
const post = (base: string, body = LOGS, type = 'application/json', path = '/faro/v1/logs') =>
  fetch(`${base}${path}`, { method: 'POST', body, headers: { 'content-type': type, cookie: 'who=ann' } });
const arrived = async (is: () => boolean) => {
  for (let waited = 0; waited < 2_000 && !is(); waited += 10) await sleep(10);
  assert.ok(is(), 'it never came');
};

test('logs go on to the Collector under the name of this shop, and nothing else of the request does', async () => {
  const { base: endpoint, taken } = await collector(200);
  const { base } = await open(endpoint);
  assert.equal((await post(base)).status, 202);
  await arrived(() => taken.length === 1);
  assert.equal(taken[0]?.path, '/v1/logs');
  assert.deepEqual(taken[0]?.body.resourceLogs[0]?.resource.attributes[0], {
    key: 'service.name',
    value: { stringValue: 'shop-browser' },
  });
  for (const header of ['cookie', 'x-forwarded-for', 'forwarded'])
    assert.equal(taken[0]?.headers[header], undefined);
});

test('traces go to traces', async () => {
  const { base: endpoint, taken } = await collector(200);
  const { base } = await open(endpoint);
  const spans = [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'order' }];
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  assert.equal((await post(base, body, 'application/json', '/faro/v1/traces')).status, 202);
  await arrived(() => taken.length === 1);
  assert.equal(taken[0]?.path, '/v1/traces');
});

test('what is not JSON, too large, not OTLP or too much is refused, and reaches nobody', async () => {
  const { base: endpoint, taken } = await collector(200);
  const { base } = await open(endpoint);
  const statuses = await Promise.all([
    post(base, LOGS, 'text/plain'),
    post(base, LOGS, 'application/x-protobuf'),
    post(base, JSON.stringify({ resourceLogs: [], more: 'x'.repeat(140_000) })),
    post(base, '{"resourceLogs":"all"}'),
    post(base, '{bad'),
  ]);
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [415, 415, 413, 422, 400],
  );
  assert.deepEqual(taken, []);
});

test('beyond what is allowed the browser is told when to come again', async () => {
  const { base: endpoint } = await collector(200);
  const { base } = await open(endpoint, { burst: 2, perSecond: 0.5 });
  const answers = [await post(base), await post(base), await post(base)];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202, 429],
  );
  assert.equal(answers[2]?.headers.get('retry-after'), '2');
});

test('a Collector that does not answer holds up nobody, gets few at a time, and is told of once', async () => {
  const { base: endpoint, taken } = await collector(null);
  const { base, said } = await open(endpoint);
  const began = performance.now();
  for (let i = 0; i < 8; i += 1) assert.equal((await post(base)).status, 202);
  assert.ok(performance.now() - began < 1_500);
  assert.equal(taken.length, 4);
  assert.deepEqual(said, ['what browsers tell is not passed on: the Collector is slow']);
});

test('a Collector that refuses, or is not there, is no error of the shop', async () => {
  const nobody = await listen(() => undefined);
  closers.pop()?.();
  for (const endpoint of [(await collector(503)).base, nobody]) {
    const { base, said } = await open(endpoint);
    assert.equal((await post(base)).status, 202);
    await arrived(() => said.length === 1);
    assert.match(said[0] ?? '', /not passed on: (the Collector answered 503|.*ECONNREFUSED)/);
  }
});

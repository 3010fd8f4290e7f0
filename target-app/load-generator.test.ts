import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestAt, startLoad } from './load-generator.ts';
import { parseOrder } from './orders.ts';

test('the mix: six views, three valid orders, one health check in ten', () => {
  const ten = Array.from({ length: 10 }, (_, n) => requestAt(n));
  const orders = ten.filter((request) => request.method === 'POST');
  assert.equal(orders.length, 3);
  for (const order of orders) assert.ok(parseOrder(JSON.parse(order.body ?? '')));
  assert.equal(ten.filter((request) => request.path === '/health').length, 1);
});

test('requests are spread over the instances; failures are counted by reason', async () => {
  const called: Record<string, number> = {};
  const answer = async (input: string | URL | Request) => {
    const { host } = new URL(String(input));
    called[host] = (called[host] ?? 0) + 1;
    if (host === 'down:2')
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
    return new Response('', { status: host === 'sick:3' ? 503 : 200 });
  };
  const urls = () => ['http://up:1', 'http://down:2', 'http://sick:3'];
  const load = startLoad({ rps: 500, maxInFlight: 100, urls, fetch: answer });
  await sleep(300);
  load.stop();
  const { ok, failed, skipped, reasons, in_flight } = load.take();
  assert.ok(ok > 5, `${ok} went well`);
  assert.equal(failed, (reasons.ECONNREFUSED ?? 0) + (reasons['HTTP 503'] ?? 0));
  assert.ok(Math.abs(ok - (reasons.ECONNREFUSED ?? 0)) <= 1);
  assert.equal(skipped, 0);
  assert.equal(in_flight, 0);
  assert.equal(Object.keys(called).length, 3);
  assert.equal(load.take().ok, 0, 'counts begin anew');
});

test('no more than the bound is in flight, and no instance is not an error', async () => {
  const hangs = (_input: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) =>
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
    );
  let urls = ['http://slow:1'];
  const load = startLoad({ rps: 500, maxInFlight: 3, urls: () => urls, timeoutMs: 60_000, fetch: hangs });
  await sleep(100);
  assert.equal(load.take().in_flight, 3);
  urls = [];
  await sleep(50);
  const { skipped, failed } = load.take();
  assert.ok(skipped > 0);
  assert.equal(failed, 0);
  load.stop();
  await sleep(5);
  assert.equal(load.take().failed, 0, 'what is given up at the end is not a failure');
});

test('the rate is kept where a timer would drift, and a change of instances is divided evenly at once', async () => {
  const called: Record<string, number> = {};
  const answer = async (input: string | URL | Request) => {
    const { host } = new URL(String(input));
    called[host] = (called[host] ?? 0) + 1;
    return new Response('');
  };
  let urls = ['http://a:1'];
  const load = startLoad({ rps: 150, maxInFlight: 50, urls: () => urls, fetch: answer });
  await sleep(1_000);
  const { ok } = load.take();
  assert.ok(ok >= 140 && ok <= 160, `${ok} in a second`);
  urls = ['http://a:1', 'http://b:2'];
  called['a:1'] = 0;
  await sleep(400);
  load.stop();
  assert.ok(Math.abs((called['a:1'] ?? 0) - (called['b:2'] ?? 0)) <= 1, JSON.stringify(called));
});

test('an instance that hangs does not take the load from the others', async () => {
  let ok = 0;
  const answer = async (input: string | URL | Request, init?: RequestInit) => {
    if (new URL(String(input)).host === 'stuck:1')
      await new Promise((_, reject) => init?.signal?.addEventListener('abort', reject));
    ok += 1;
    return new Response('');
  };
  const urls = () => ['http://stuck:1', 'http://fine:2'];
  const load = startLoad({ rps: 200, maxInFlight: 10, urls, fetch: answer });
  await sleep(300);
  const { in_flight } = load.take();
  load.stop();
  assert.equal(in_flight, 5);
  assert.ok(ok > 20, `${ok}`);
});

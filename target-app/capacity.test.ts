import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { makeCapacity } from './capacity.ts';
import { makeProblems } from './problem.ts';

/** Two slots of 200 ms before a handler; answers the base address, the lines logged and the capacity. */
async function open(t: TestContext, handler: () => Promise<void> = async () => undefined) {
  const warned: { event: string; refused: number }[] = [];
  const log = {
    info: () => undefined,
    warn: (fields: object) => void warned.push(fields as { event: string; refused: number }),
    error: () => undefined,
  };
  const capacity = makeCapacity({ log, slots: 2, waitMs: 200 });
  const app = new Koa();
  app.use(makeProblems({ log }));
  app.use(capacity.gate());
  app.use(async (ctx) => {
    await handler();
    ctx.body = 'served';
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, warned, capacity };
}

test('two are served at a time, four wait, the others are refused at once and told when to come again', async (t) => {
  const { base, warned, capacity } = await open(t);
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 9 }, async () => {
      const response = await fetch(base);
      const body = await response.text();
      return { response, body, ms: performance.now() - began };
    }),
  );
  const served = answers.filter(({ response }) => response.status === 200);
  assert.equal(served.length, 6);
  assert.ok(Math.max(...served.map(({ ms }) => ms)) >= 590, 'three rounds of two');
  const refused = answers.filter(({ response }) => response.status === 503);
  assert.equal(refused.length, 3);
  for (const { response, body, ms } of refused) {
    assert.ok(ms < 190, `${ms} ms`);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.match(JSON.parse(body).detail, /at capacity/);
  }
  assert.deepEqual(
    warned.map((line) => line.event),
    ['capacity.exceeded'],
    'one line a second',
  );
  assert.equal(capacity.takePeak(), 3, 'two under way and four waiting, long over when it is asked');
  assert.equal(capacity.takePeak(), 0);
});

test('whoever goes away leaves the queue or the slot', async (t) => {
  const { base, capacity } = await open(t);
  const requests = Array.from({ length: 6 }, () => get(base).on('error', () => undefined));
  while (capacity.takePeak() < 3) await sleep(5);
  for (const request of requests) request.destroy();
  await sleep(50);
  capacity.takePeak();
  assert.equal(capacity.takePeak(), 0);
  assert.equal((await fetch(base)).status, 200);
});

test('a handler that throws or is slow holds no slot', async (t) => {
  let calls = 0;
  const { base, capacity } = await open(t, async () => {
    calls += 1;
    if (calls <= 2) throw new Error('broken');
    await sleep(300);
  });
  assert.equal((await fetch(base)).status, 500);
  assert.equal((await fetch(base)).status, 500);
  const slow = fetch(base);
  while (calls < 3) await sleep(5);
  capacity.takePeak();
  assert.equal(capacity.takePeak(), 0);
  assert.equal((await slow).status, 200);
});

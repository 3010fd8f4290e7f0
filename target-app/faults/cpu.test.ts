import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCpuFault } from './cpu.ts';

test('the loop is busy for more than 90 %, yet timers run and a scrape is answered within a second', async (t) => {
  const events: { event: string; fault?: string }[] = [];
  const record = (fields: object) => void events.push(fields as { event: string });
  const fault = makeCpuFault({ log: { info: record, warn: record, error: record } });
  // Three more turns before the answer, as a collection with its promises and a database would need.
  const server = createServer(async (_, response) => {
    for (let turn = 0; turn < 3; turn += 1) await sleep(1);
    response.end('metrics');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    fault.stop();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
  }, 100);
  t.after(() => clearInterval(ticking));

  fault.start();
  fault.start();
  const atStart = performance.eventLoopUtilization();
  const began = performance.now();
  let slowest = 0;
  while (performance.now() - began < 1_500) slowest = Math.max(slowest, await scrape(port));
  const { utilization } = performance.eventLoopUtilization(atStart);
  assert.ok(utilization > 0.9 && utilization < 0.99, `${utilization}`);
  assert.ok(slowest < 1_000, `${slowest} ms`);
  assert.ok(ticks >= 10, `${ticks} ticks of 100 ms in 1.5 s`);
  assert.deepEqual(
    events.filter(({ event }) => event === 'fault.breach').map(({ fault }) => fault),
    ['cpu'],
  );
  assert.ok(events.some(({ event }) => event === 'recommendations.slow'));

  fault.stop();
  await sleep(100);
  const afterStop = performance.eventLoopUtilization();
  await sleep(200);
  assert.ok(performance.eventLoopUtilization(afterStop).utilization < 0.5);
});

/** How long one request takes, in ms. */
function scrape(port: number): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - began));
    }).on('error', reject);
  });
}

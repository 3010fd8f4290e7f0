import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newProcess } from './health.ts';

const BREACH = Date.parse('2026-11-26T04:00:00.000Z');
const OLD = new Date(BREACH - 60_000).toISOString();
const NEW = new Date(BREACH + 900).toISOString();
let server: Server;

async function serve(listener: RequestListener, port = 0): Promise<number> {
  server = createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const close = () => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
};
afterEach(close);
const watch = (port: number, limitMs = 5_000) =>
  newProcess({ url: `http://127.0.0.1:${port}/health`, since: BREACH, limitMs });

test('neither the old process counts, nor a gap, nor a new one that is not well; the first 200 of a new one does', async () => {
  const port = await serve((_, answer) => answer.end(JSON.stringify({ startedAt: OLD })));
  const watching = watch(port);
  await sleep(80);
  await close();
  await sleep(60);
  let well = false;
  await serve(
    (_, answer) => answer.writeHead(well ? 200 : 503).end(JSON.stringify({ startedAt: NEW })),
    port,
  );
  await sleep(80);
  const before = Date.now();
  well = true;
  const { answeredAt, startedAt } = await watching;
  assert.equal(startedAt, Date.parse(NEW));
  assert.ok(answeredAt >= before && answeredAt <= Date.now(), `${answeredAt - before} ms`);
});

test('a process that does not answer is asked a few times at once, not for ever more', async () => {
  let asked = 0;
  const port = await serve(() => {
    asked += 1;
  });
  await assert.rejects(watch(port, 600), /no new process answered .* within 0\.6 s; last was nothing/);
  assert.equal(asked, 8);
});

test('what answers something else is named', async () => {
  const port = await serve((_, answer) => answer.end('hello'));
  await assert.rejects(watch(port, 200), /last was 200: hello/);
});

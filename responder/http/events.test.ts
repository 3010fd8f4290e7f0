import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import express, { type RequestHandler } from 'express';
import type { Changes } from '../incident/news.ts';
import { type EventsOptions, eventRoutes } from './events.ts';
import { problems } from './problem.ts';
import { serve } from './server.test-helper.ts';

const open: RequestHandler = (_request, _response, next) => next();

async function stream(t: TestContext, over: Partial<EventsOptions> = {}) {
  const followers = new Set<(changes: Changes) => void>();
  const news = {
    follow(tell: (changes: Changes) => void) {
      followers.add(tell);
      return () => void followers.delete(tell);
    },
  };
  const app = express();
  app.use(eventRoutes({ mayRead: open, news, ...over }));
  app.use(problems({ onError: assert.fail }));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  const left = new AbortController();
  t.after(() => left.abort());
  return { url, followers, left, ask: () => fetch(url, { signal: left.signal }) };
}

/** Reads on until the text is there. */
async function reads(response: Response, wanted: RegExp): Promise<string> {
  const reader = response.body?.getReader() ?? assert.fail();
  const decoder = new TextDecoder();
  let text = '';
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) assert.fail(`the stream ended after ${JSON.stringify(text)}`);
    text += decoder.decode(value);
  }
  return text;
}

test('what changes is told as it changes, and a silent stream gives signs of life', async (t) => {
  const { ask, followers } = await stream(t, { beatMs: 5 });
  const response = await ask();
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  for (const tell of followers) tell({ incidents: [{ id: 'inc-1', state: 'verifying' }], halt: false });
  const text = await reads(response, /data: \{.*\n\n[\s\S]*event: beat\ndata:\n\n/);
  assert.match(text, /^retry: 1000\n\n/);
  assert.match(text, /\ndata: \{"incidents":\[\{"id":"inc-1","state":"verifying"\}\],"halt":false\}\n\n/);
});

test('whoever leaves is followed no more, and makes room', async (t) => {
  const { ask, followers, left } = await stream(t, { most: 1 });
  await ask();
  assert.equal(followers.size, 1);
  const refused = await ask();
  assert.equal(refused.status, 503);
  assert.match(((await refused.json()) as { detail: string }).detail, /1 pages are live already/);
  left.abort();
  await until(() => followers.size === 0);
});

test('a stream ends by its time, so that the door is asked again', async (t) => {
  const { ask, followers } = await stream(t, { lifeMs: 20 });
  assert.equal(await (await ask()).text(), 'retry: 1000\n\n');
  await until(() => followers.size === 0);
});

/** Somebody who opens the stream and then reads no more; resolves once so much was told that some of it waits for them. */
async function stuckReader({ url, followers }: Awaited<ReturnType<typeof stream>>, bytes: number) {
  const { port, pathname } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1').pause();
  socket.on('error', () => {}); // being cut off is what is asked for
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await until(() => followers.size === 1);
  const state = 'x'.repeat(50_000);
  for (let told = 0; told < bytes; told += state.length)
    for (const tell of followers) tell({ incidents: [{ id: 'inc-1', state }], halt: false });
  return socket;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; !isSo() && i < 300; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isSo());
}

test('whoever reads too slowly is cut off, before what waits for them fills the memory', async (t) => {
  const opened = await stream(t);
  const socket = await stuckReader(opened, 50_000_000);
  t.after(() => socket.destroy());
  await until(() => opened.followers.size === 0);
});

test('whoever does not take the end is cut off; until then nothing more is written to them', async (t) => {
  const opened = await stream(t, {
    most: 1,
    beatMs: 5,
    lifeMs: 200,
    graceMs: 300,
    backlogBytes: Number.POSITIVE_INFINITY,
  });
  const socket = await stuckReader(opened, 20_000_000);
  t.after(() => socket.destroy());
  await until(() => opened.followers.size === 0);
  assert.equal((await opened.ask()).status, 503, 'the connection is still there');
  let status = 503;
  for (let i = 0; status === 503 && i < 100; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    status = (await opened.ask()).status;
  }
  assert.equal(status, 200, 'and makes room');
});

test('who may not read is told nothing', async (t) => {
  const { ask } = await serve(t);
  assert.equal((await ask('/events')).status, 401);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  const text = await reads(response, /data: .*\n\n[\s\S]*:\n\n/);
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
  for (let i = 0; followers.size > 0 && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(followers.size, 0);
});

test('a stream ends by its time, so that the door is asked again', async (t) => {
  const { ask, followers } = await stream(t, { lifeMs: 20 });
  assert.equal(await (await ask()).text(), 'retry: 1000\n\n');
  for (let i = 0; followers.size > 0 && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(followers.size, 0);
});

test('who may not read is told nothing', async (t) => {
  const { ask } = await serve(t);
  assert.equal((await ask('/events')).status, 401);
});

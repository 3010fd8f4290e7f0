import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import express from 'express';
import type { Halt } from '../incident/control.ts';
import { requireToken } from './auth.ts';
import { haltRoutes } from './halt.ts';
import { problems } from './problem.ts';

const [API, READ] = ['api-token-0123456789', 'read-token-0123456789'];

/** The routes over a switch in memory. */
async function serve(t: TestContext) {
  let halt: Halt = { on: false, by: '', at: '' };
  const control = {
    halt: async () => halt,
    setHalt: async (on: boolean, by: string) => {
      halt = { on, by, at: 'now' };
    },
  };
  const app = express();
  app.use(haltRoutes({ token: API, mayRead: requireToken(READ, API), control }));
  app.use(problems({ onError: assert.fail }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = (path: string, body = '{}', token = API, type = 'application/json') =>
    fetch(base + path, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
    });
  const look = async () =>
    (await fetch(`${base}/api/halt`, { headers: { authorization: `Bearer ${READ}` } })).json();
  return { post, look, halted: () => halt.on };
}

test('halt and resume are thrown by name, and can be looked at', async (t) => {
  const { post, look } = await serve(t);
  assert.deepEqual(await (await post('/api/halt', '{"by": "kim"}')).json(), {
    on: true,
    by: 'kim',
    at: 'now',
  });
  assert.deepEqual(await look(), { on: true, by: 'kim', at: 'now' });
  assert.equal(((await (await post('/api/resume')).json()) as Halt).on, false);
});

test('without the API token nothing is thrown; to be allowed to read is not enough', async (t) => {
  const { post, halted } = await serve(t);
  for (const token of ['', 'nonsense', READ])
    assert.equal((await post('/api/halt', '{}', token)).status, 401);
  assert.equal(halted(), false);
});

test('a form or a text, as a foreign page could send it, throws nothing', async (t) => {
  const { post, halted } = await serve(t);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
    assert.equal((await post('/api/halt', '{}', API, type)).status, 415);
  assert.equal(halted(), false);
});

test('a name that is none is refused, and nothing is thrown', async (t) => {
  const { post, halted } = await serve(t);
  for (const by of ['""', '7', '"\\u0000"', `"${'x'.repeat(101)}"`])
    assert.equal((await post('/api/halt', `{"by": ${by}}`)).status, 400, by);
  assert.equal((await post('/api/halt', 'not JSON')).status, 400);
  assert.equal(halted(), false);
});

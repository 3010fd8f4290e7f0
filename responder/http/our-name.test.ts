/** Pages of others that have their own name lead here (DNS rebinding). */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { API, type Over, READ, serve } from './server.test-helper.ts';

/** How it is answered to whoever asks by that name; fetch would send its own. */
async function asked(t: Parameters<typeof serve>[0], names: string[], over: Over, path = '/api/incidents') {
  const { base } = await serve(t, over);
  const ask = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${base}${path}`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });
  return Promise.all(names.map(ask));
}

const FOREIGN = [
  'evil.example',
  'evil.example:8001',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'a b.c',
];
const OURS = ['localhost', 'localhost:8001', '127.0.0.1:8001', '[::1]:8001', '10.1.2.3', 'responder:8001'];
const ALSO_OURS = ['aegis.localhost', 'host.docker.internal:8001'];

test('where a door stands open, nobody gets in by a name that a stranger may own', async (t) => {
  const open = { readTokens: [], apiToken: null };
  for (const path of ['/api/incidents', '/', '/api/halt', '/events', '/docs'])
    assert.deepEqual(new Set(await asked(t, FOREIGN, open, path)), new Set([421]), path);
  assert.deepEqual(new Set(await asked(t, [...OURS, ...ALSO_OURS], open)), new Set([200]));
});

test('the name of the public address is ours', async (t) => {
  const over = { readTokens: [], publicUrl: 'https://aegis.example.com/' };
  assert.deepEqual(await asked(t, ['aegis.example.com', 'www.aegis.example.com'], over), [200, 421]);
});

test('where every door has its token the name does not matter', async (t) => {
  assert.deepEqual(
    await asked(t, FOREIGN.slice(0, 4), { readTokens: [READ, API] }, '/health'),
    [200, 200, 200, 200],
  );
});

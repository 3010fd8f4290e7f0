/** The forms on an incident's page: from our own page only, with the token, and back to the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AegisError } from '../../errors.ts';
import { API, approvalOf, type Over, READ, serve } from '../server.test-helper.ts';

const HASH = 'a'.repeat(64);
const FORM = 'application/x-www-form-urlencoded';
type Fields = Record<string, string>;

async function form(t: Parameters<typeof serve>[0], over: Over = {}) {
  const { ask, base, decided, errors } = await serve(t, { approval: approvalOf(), ...over });
  const send = (fields: Fields = {}, headers: Fields = { 'sec-fetch-site': 'same-origin' }, id = 'inc-1') =>
    ask(`/incidents/${id}/decide`, {
      method: 'POST',
      body: new URLSearchParams({
        decision: 'approve',
        hash: HASH,
        by: 'kim',
        token: API,
        ...fields,
      }).toString(),
      headers: { 'content-type': FORM, ...headers },
    });
  return { send, base, decided, errors };
}
/** A failure as people see it. */
async function pageOf(response: Response) {
  assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
  return { status: response.status, text: await response.text() };
}

test('each answer is given, and leads back to the page', async (t) => {
  const { send, decided } = await form(t);
  for (const decision of ['approve', 'reject', 'take']) {
    const response = await send({ decision });
    assert.deepEqual(
      [response.status, response.headers.get('location')],
      [303, '/incidents/inc-1'],
      decision,
    );
  }
  assert.deepEqual(decided, [
    ['inc-1', HASH, 'approved', 'kim'],
    ['inc-1', HASH, 'rejected', 'kim'],
    ['inc-1', 'take', 'kim', 60],
  ]);
});

test('no form of a foreign page decides anything, whatever it knows', async (t) => {
  for (const apiToken of [API, null]) {
    const { send, base, decided } = await form(t, { apiToken });
    const foreign: Fields[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: base },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { origin: base.replace(/\d+$/, '1') },
      { origin: `${base}.evil.example` },
    ];
    for (const headers of foreign) {
      const { status, text } = await pageOf(await send({}, headers));
      assert.equal(status, 403, JSON.stringify(headers));
      assert.match(text, /another page than ours/);
    }
    assert.deepEqual(decided, []);
  }
});

test('where the browser says only the origin, that is enough', async (t) => {
  const { send, base, decided } = await form(t);
  assert.equal((await send({}, { origin: base })).status, 303);
  assert.equal(decided.length, 1);
});

test('the token must be right where one is set, and is told nothing about where it is not', async (t) => {
  const { send, decided } = await form(t);
  for (const token of ['', 'nonsense', READ]) {
    const { status, text } = await pageOf(await send({ token, hash: 'not even a hash' }));
    assert.equal(status, 401, token);
    assert.ok(!text.includes('hash'), 'the token comes first');
  }
  assert.deepEqual(decided, []);
  const open = await form(t, { apiToken: null });
  assert.equal((await open.send({ token: '' })).status, 303);
});

test('what goes wrong is a page with the right status and a way back, never markup from outside', async (t) => {
  const { send, decided } = await form(t);
  const cases: [Fields, RegExp][] = [
    [{ decision: 'halt' }, /decision: /],
    [{ hash: '<script>' }, /hash: the hash that GET/],
    [{ by: ' ' }, /by: a name of 1 to 100 characters/],
  ];
  for (const [fields, words] of cases) {
    const { status, text } = await pageOf(await send(fields));
    assert.equal(status, 400);
    assert.match(text, words);
    assert.match(text, /href="\/incidents\/inc-1">Back to the incident/);
    assert.ok(!text.includes('<script>'));
  }
  assert.equal((await pageOf(await send({}, undefined, 'inc-9'))).status, 404);
  const hostile = await pageOf(await send({}, undefined, '%22%3E%3Cscript%3E'));
  assert.equal(hostile.status, 404);
  assert.ok(!hostile.text.includes('<script>'));
  assert.deepEqual(decided, []);
});

test('a word that comes too late is told with its reason', async (t) => {
  const { send } = await form(t, {
    refusal: new AegisError('AEGIS_CONFLICT', 'the question lapsed at noon'),
  });
  const { status, text } = await pageOf(await send());
  assert.equal(status, 409);
  assert.match(text, /the question lapsed at noon/);
});

test('a body of another form or size decides nothing; a crash tells nothing of itself', async (t) => {
  const { send, decided } = await form(t);
  const json = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  assert.equal((await pageOf(await send({}, json))).status, 401);
  assert.equal((await pageOf(await send({ by: 'x'.repeat(20_000) }))).status, 413);
  assert.deepEqual(decided, []);
  const crashed = await form(t, { refusal: new Error('secret of /etc/passwd') as AegisError });
  const { status, text } = await pageOf(await crashed.send());
  assert.equal(status, 500);
  assert.ok(!text.includes('secret'));
  assert.deepEqual(crashed.errors, ['POST /incidents/inc-1/decide: secret of /etc/passwd']);
});

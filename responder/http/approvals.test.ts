/** A person's word over the API: who may, what is read, what is answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, NOW } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import { API, approvalOf, problemOf, READ, serve } from './server.test-helper.ts';

const HASH = 'a'.repeat(64);
const MAY = { 'content-type': 'application/json', authorization: `Bearer ${API}` };
const WORDS = ['approve', 'reject', 'take'];
const bodyOf = (over: object = {}) => JSON.stringify({ hash: HASH, by: 'kim', ...over });
const url = (word: string, id = 'inc-1') => `/api/incidents/${id}/${word}`;

test('yes and no are given to exactly the hash, and answered with the question', async (t) => {
  const { post, decided } = await serve(t, { approval: approvalOf() });
  for (const [word, decision] of [
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ] as const) {
    const answer = await post(url(word), bodyOf({ by: ' kim\u0000 ' }), MAY);
    assert.equal(answer.status, 200);
    const { planned, askedAt, expiresAt } = approvalOf();
    assert.deepEqual(await answer.json(), {
      ...{ hash: HASH, planned, askedAt, expiresAt, decision },
      ...{ by: 'kim', at: NOW.toISOString() },
    });
    assert.deepEqual(decided.at(-1), ['inc-1', HASH, decision, 'kim']);
  }
});

test('taking gives the hold, for an hour where nothing else is said', async (t) => {
  const { post, decided } = await serve(t);
  const hold = (await (await post(url('take'), '{"by": "kim"}', MAY)).json()) as {
    by: string;
    target: string;
  };
  assert.deepEqual([hold.by, hold.target], ['kim', 'shop']);
  await post(url('take'), '{"by": "kim", "minutes": 1440}', MAY);
  assert.deepEqual(decided, [
    ['inc-1', 'take', 'kim', 60],
    ['inc-1', 'take', 'kim', 1440],
  ]);
});

test('without the API token nobody decides; to be allowed to read is not enough', async (t) => {
  const { post, decided } = await serve(t, { approval: approvalOf() });
  for (const word of WORDS)
    for (const authorization of ['', `Bearer ${READ}`, 'Bearer nonsense'])
      assert.equal((await post(url(word), bodyOf(), { ...MAY, authorization })).status, 401, word);
  assert.deepEqual(decided, []);
});

test('a form or a text, as a foreign page could send it, decides nothing', async (t) => {
  const { post, decided } = await serve(t, { approval: approvalOf(), apiToken: null });
  for (const word of WORDS)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', ''])
      assert.equal((await post(url(word), bodyOf(), { 'content-type': type })).status, 415, word);
  assert.deepEqual(decided, []);
});

test('a body that is wrong is 400 naming the field, and decides nothing', async (t) => {
  const { post, decided } = await serve(t, { approval: approvalOf() });
  const cases: [string, string, string][] = [
    ['approve', '{}', 'hash'],
    ['approve', bodyOf({ hash: 'a' }), 'hash'],
    ['reject', bodyOf({ hash: HASH.toUpperCase() }), 'hash'],
    ['approve', bodyOf({ by: undefined }), 'by'],
    ['reject', bodyOf({ by: ' \u0000' }), 'by'],
    ['take', '{"minutes": 5}', 'by'],
    ['take', bodyOf({ by: 'x'.repeat(101) }), 'by'],
    ...[0, 1441, 1.5, '5', null].map((minutes): [string, string, string] => [
      'take',
      bodyOf({ minutes }),
      'minutes',
    ]),
  ];
  for (const [word, body, field] of cases) {
    const response = await post(url(word), body, MAY);
    assert.equal(response.status, 400, body);
    const problem = await problemOf(response);
    assert.deepEqual([problem.code, problem.field], ['AEGIS_BODY_UNREADABLE', field], body);
    assert.ok(problem.detail.startsWith(`${field}: `), problem.detail);
  }
  assert.equal((await post(url('approve'), 'not JSON', MAY)).status, 400);
  assert.equal((await post(url('approve'), '', MAY)).status, 400);
  assert.deepEqual(decided, []);
});

test('what is not there is 404, what is too late 409 with the reason', async (t) => {
  const { post } = await serve(t, { approval: approvalOf() });
  for (const word of WORDS) assert.equal((await post(url(word, 'inc-9'), bodyOf(), MAY)).status, 404);
  const late = await serve(t, {
    refusal: new AegisError('AEGIS_CONFLICT', 'it was approved already, by kim'),
  });
  for (const word of WORDS) {
    const response = await late.post(url(word), bodyOf(), MAY);
    assert.equal(response.status, 409);
    const { code, detail } = await problemOf(response);
    assert.deepEqual([code, detail], ['AEGIS_CONFLICT', 'it was approved already, by kim']);
  }
});

test('an incident shows what is asked about it, and who has it by it', async (t) => {
  const headers = { authorization: `Bearer ${READ}` };
  const shownOf = async (over: Parameters<typeof serve>[1]) => {
    const { ask } = await serve(t, over);
    return (await (await ask('/api/incidents/inc-1', { headers })).json()) as Record<string, unknown>;
  };
  const bare = await shownOf({});
  assert.deepEqual([bare.approval, bare.hold], [null, null]);
  const { planned, askedAt, expiresAt } = approvalOf();
  const asked = await shownOf({ approval: approvalOf() });
  assert.deepEqual(asked.approval, {
    ...{ hash: HASH, planned, askedAt, expiresAt },
    ...{ decision: null, by: null, at: null },
  });
  const hold = { target: 'shop', by: 'kim', incidentId: 'inc-1', since: askedAt, until: expiresAt };
  assert.deepEqual((await shownOf({ hold })).hold, hold);
  const elsewhere = { ...hold, incidentId: 'inc-0' };
  assert.equal((await shownOf({ hold: elsewhere })).hold, null, 'by another incident');
  assert.equal(incidentOf().target, hold.target);
});

test('the list may be narrowed to an outcome and the name of an alert', async (t) => {
  const { ask, filters } = await serve(t);
  const query = 'outcome=escalated&alertname=TargetDown&limit=5';
  const headers = { authorization: `Bearer ${READ}` };
  assert.equal((await ask(`/api/incidents?${query}`, { headers })).status, 200);
  assert.deepEqual(filters, [{ outcome: 'escalated', alertname: 'TargetDown', limit: 5 }]);
});

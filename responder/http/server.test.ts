import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AegisError } from '../errors.ts';
import { parseBundle } from '../incident/bundle.ts';
import { JSON_TYPE, problemOf, READ, serve } from './server.test-helper.ts';

type Body = string | Buffer<ArrayBuffer>;
const receivesAs = (kind: 'alertmanager' | 'direct', ids: (string | null)[]) => ({
  intake: {
    receive: async () => ({
      kind,
      stored: ids.map((incidentId) => ({ incidentId, effect: 'opened' })),
      rejected: kind === 'direct' ? [] : ['labels: bad'],
    }),
  },
});

test('a direct sender is told 202 and its incident, Alertmanager 200 and each incident once', async (t) => {
  const direct = await (await serve(t, receivesAs('direct', ['inc-1']))).post('/webhook', '{}');
  assert.equal(direct.status, 202);
  assert.deepEqual(await direct.json(), { incident_id: 'inc-1' });
  const many = await serve(t, receivesAs('alertmanager', ['inc-1', 'inc-1', null, 'inc-2']));
  const answer = await many.post('/webhook', '{}');
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { incidents: ['inc-1', 'inc-2'], rejected: ['labels: bad'] });
});

test('nobody gets in without the token of the door, and nothing of the body is read', async (t) => {
  const { ask, post, bodies } = await serve(t);
  for (const path of ['/webhook', '/v1/logs'])
    for (const authorization of ['', `Bearer ${READ}`]) {
      const response = await post(path, '{}', { ...JSON_TYPE, authorization });
      assert.equal(response.status, 401);
      assert.equal((await problemOf(response)).code, 'AEGIS_UNAUTHORIZED');
    }
  for (const path of ['/', '/incidents/inc-1', '/runbook', '/runbooks/X', '/api/incidents', '/runbook.json'])
    assert.equal((await ask(path)).status, 401, path);
  assert.deepEqual(bodies, []);
});

test('what is no JSON is told what is wrong, by the fitting status', async (t) => {
  const { post, bodies } = await serve(t);
  const cases: [Body, Record<string, string>, number, string][] = [
    ['{"half":', {}, 400, 'AEGIS_BODY_UNREADABLE'],
    ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'AEGIS_MEDIA_TYPE'],
    ['\x0a\x02', { 'content-type': 'application/x-protobuf' }, 415, 'AEGIS_MEDIA_TYPE'],
    ['{}', { 'content-encoding': 'compress' }, 415, 'AEGIS_MEDIA_TYPE'],
    ['', {}, 400, 'AEGIS_BODY_UNREADABLE'],
    ['not gzip', { 'content-encoding': 'gzip' }, 400, 'AEGIS_BODY_UNREADABLE'],
    [`"${'x'.repeat(10_500_000)}"`, {}, 413, 'AEGIS_BODY_TOO_LARGE'],
    [gzipSync(`"${'x'.repeat(10_500_000)}"`), { 'content-encoding': 'gzip' }, 413, 'AEGIS_BODY_TOO_LARGE'],
  ];
  for (const [body, headers, status, code] of cases) {
    const response = await post('/v1/logs', body, { ...JSON_TYPE, ...headers });
    assert.equal(response.status, status, JSON.stringify(headers));
    assert.equal((await problemOf(response)).code, code);
  }
  assert.deepEqual(bodies, []);
});

test('a body may be gzipped, and be any JSON', async (t) => {
  const { post, bodies } = await serve(t);
  await post('/webhook', gzipSync('{"a":1}'), { ...JSON_TYPE, 'content-encoding': 'gzip' });
  for (const body of ['null', '5', '[]']) await post('/webhook', body);
  assert.deepEqual(bodies, [{ a: 1 }, null, 5, []]);
});

test('bad input names its field, overload asks to retry, a crash tells nothing of itself', async (t) => {
  const failing = async (error: Error) => {
    const { post, errors } = await serve(t, {
      intake: { receive: async () => Promise.reject(error) },
    });
    return { response: await post('/webhook', '{}'), errors };
  };
  const bad = await failing(new AegisError('AEGIS_BODY_UNREADABLE', 'alerts: no list', { field: 'alerts' }));
  assert.equal(bad.response.status, 400);
  assert.equal((await problemOf(bad.response)).field, 'alerts');
  const busy = await failing(new AegisError('AEGIS_OVERLOADED', 'too many wait'));
  assert.equal(busy.response.status, 503);
  assert.equal(busy.response.headers.get('retry-after'), '1');
  const crash = await failing(new Error('secret of /etc/passwd'));
  assert.equal(crash.response.status, 500);
  assert.ok(!(await crash.response.text()).includes('secret'));
  assert.deepEqual(crash.errors, ['POST /webhook: secret of /etc/passwd']);
});

test('log lines that found no room are told in the way of OTLP', async (t) => {
  const { post } = await serve(t, { intake: { offerLogs: () => 3 } });
  const answer = (await (await post('/v1/logs', '{}')).json()) as {
    partialSuccess: { rejectedLogRecords: string };
  };
  assert.equal(answer.partialSuccess.rejectedLogRecords, '3');
});

test('what does not exist is 404, also to those who may read', async (t) => {
  const { ask } = await serve(t);
  const headers = { authorization: `Bearer ${READ}` };
  const lost = [
    '/api/incidents/inc-9',
    '/incidents/inc-9',
    '/runbooks/..%2f..%2fpackage',
    '/runbooks/X',
    '/nowhere',
  ];
  for (const path of lost) assert.equal((await ask(path, { headers })).status, 404, path);
  assert.equal((await ask('/incidents/inc-1', { headers })).status, 200);
  const postmortem = await ask('/api/incidents/inc-1/postmortem', { headers });
  assert.match(postmortem.headers.get('content-type') ?? '', /^text\/markdown/);
});

test('the evidence of an incident is downloaded as a bundle that can be read back', async (t) => {
  const { ask } = await serve(t);
  const headers = { authorization: `Bearer ${READ}` };
  const response = await ask('/api/incidents/inc-1/bundle', { headers });
  assert.equal(response.headers.get('content-disposition'), 'attachment; filename=incident-inc-1.json');
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  const bundle = parseBundle(await response.text());
  assert.deepEqual([bundle.alert.name, bundle.target?.name], ['TargetMemorySaturated', 'shop']);
  assert.equal((await ask('/api/incidents/inc-9/bundle', { headers })).status, 404);
  assert.match(await (await ask('/incidents/inc-1', { headers })).text(), /incidents\/inc-1\/bundle/);
});

test('a query that is wrong is 400 naming the parameter', async (t) => {
  const { ask } = await serve(t);
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['state=open', 'state'],
    ['since=today', 'since'],
    ['target=a&target=b', 'target'],
    ['outcome=detected', 'outcome'],
    ['colour=red', 'query'],
  ]) {
    const response = await ask(`/api/incidents?${query}`, { headers: { authorization: `Bearer ${READ}` } });
    assert.equal(response.status, 400, query);
    assert.equal((await problemOf(response)).field, field);
  }
});

test('a query that PostgreSQL cannot hold is 400 too', async (t) => {
  const { ask } = await serve(t);
  for (const query of ['since=0000-01-01T00:00:00Z', 'target=a%00b'])
    assert.equal(
      (await ask(`/api/incidents?${query}`, { headers: { authorization: `Bearer ${READ}` } })).status,
      400,
    );
});

test('a body that is no brotli or zstd, as it says it is, is unreadable', async (t) => {
  const { post, errors } = await serve(t);
  for (const encoding of ['br', 'zstd']) {
    const response = await post('/webhook', 'neither', { ...JSON_TYPE, 'content-encoding': encoding });
    assert.equal(response.status, 400, encoding);
  }
  assert.deepEqual(errors, []);
});

test('an address that cannot be decoded is the fault of who asked', async (t) => {
  const { ask, errors } = await serve(t);
  const response = await ask('/incidents/%E0%A4%A', { headers: { authorization: `Bearer ${READ}` } });
  assert.equal(response.status, 400);
  assert.deepEqual(errors, []);
});

test('a browser is told as a page what a program is told as JSON; where it may be over soon it looks again', async (t) => {
  const down = new AegisError('AEGIS_DATABASE_DOWN', 'PostgreSQL does not answer <at all>');
  const { ask } = await serve(t, { unreadable: down });
  const asIs = { authorization: `Bearer ${READ}`, accept: 'text/html,*/*' };
  for (const [path, status, words] of [
    ['/incidents/inc-9', 404, 'there is no incident inc-9'],
    ['/?show=nothing', 400, 'show'],
    ['/nowhere', 404, '/nowhere does not exist'],
    ['/', 503, 'PostgreSQL does not answer &#60;at all&#62;'],
  ] as const) {
    const response = await ask(path, { headers: asIs });
    assert.equal(response.status, status, path);
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/, path);
    assert.equal(response.headers.get('refresh'), status === 503 ? '5' : null, path);
    const page = await response.text();
    assert.ok(page.includes('<h1>That did not work</h1>') && page.includes(words), page);
  }
  const forPrograms = await ask('/', { headers: { ...asIs, accept: '*/*' } });
  assert.equal((await problemOf(forPrograms)).code, 'AEGIS_DATABASE_DOWN');
  assert.equal((await problemOf(await ask('/api/incidents', { headers: asIs }))).status, 503);
});

test('health, readiness and metrics need no token; not ready is 503 with the reason', async (t) => {
  const { ask } = await serve(t);
  assert.equal((await ask('/health')).status, 200);
  assert.equal((await ask('/metrics')).status, 200);
  const ready = await ask('/ready');
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), { status: 'not ready', reason: 'no database' });
});

test('no page may be framed by strangers, sniffed or run what is not its own', async (t) => {
  const { ask } = await serve(t);
  const { headers } = await ask('/', { headers: { authorization: `Bearer ${READ}` } });
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'self'/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
});

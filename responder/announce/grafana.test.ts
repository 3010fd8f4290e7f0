/** One region for each incident, however Grafana fails. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { actionOf, ago, diagnosisOf, evidenceOf, memory, NOW } from '../../test/builders.ts';
import { fakeGrafana } from '../../test/fakes/grafana.ts';
import { makeGrafana } from '../clients/grafana.ts';
import type { Told } from '../incident/outbox.ts';
import { toldOf, visits } from './announce.test-helper.ts';
import { annotationOf, makeGrafanaChannel } from './grafana.ts';

const OPEN: Partial<Told> = { state: 'diagnosing' };
const ENDED: Partial<Told> = {
  ...{ state: 'resolved', outcome: 'resolved', closedAt: NOW.toISOString() },
  ...{ diagnosis: diagnosisOf(), actions: [actionOf()], conclusion: 'RESTART helped' },
};

async function setUp(
  t: TestContext,
  { timeoutMs = 5_000, access }: { timeoutMs?: number; access?: object } = {},
) {
  const fake = await fakeGrafana();
  t.after(fake.close);
  const grafana = makeGrafana({ url: fake.url, timeoutMs, ...(access ?? { token: fake.accepts.token }) });
  const channel = makeGrafanaChannel({ grafana, url: fake.url, publicUrl: 'http://aegis', clock: () => NOW });
  return { fake, grafana, channel, ...visits(channel) };
}
const shown = { result: 'shown' };

test('from onset to end, changed in place: text and tags too', async (t) => {
  const { fake, deliver } = await setUp(t);
  assert.deepEqual(await deliver(OPEN), shown);
  assert.deepEqual(fake.annotations[0]?.tags, ['aegisops', 'incident:inc-1', 'shop', 'diagnosing']);
  assert.deepEqual(
    [fake.annotations[0]?.time, fake.annotations[0]?.timeEnd],
    [Date.parse(ago(30)), NOW.getTime()],
  );
  assert.deepEqual(await deliver(ENDED), shown);
  assert.equal(fake.annotations.length, 1);
  const [one] = fake.annotations;
  assert.deepEqual(one?.tags, ['aegisops', 'incident:inc-1', 'shop', 'RESTART', 'resolved']);
  assert.match(one?.text ?? '', /shop-1 holds memory.*RESTART on shop-1: done.*RESTART helped/);
  assert.match(one?.text ?? '', /<a href="http:\/\/aegis\/incidents\/inc-1">/);
});

test('by user and password, where there is no token', async (t) => {
  const { fake, deliver } = await setUp(t, { access: { user: 'admin', password: 'fake-password' } });
  assert.deepEqual(await deliver(OPEN), shown);
  assert.equal(fake.annotations.length, 1);
});

for (const fault of ['lost', 'brokenAfter'] as const)
  test(`posted, and the answer ${fault === 'lost' ? 'lost' : 'a 502'}: looked for by its tag, and changed`, async (t) => {
    const { fake, deliver } = await setUp(t);
    fake.once(fault, /^POST/);
    const first = await deliver(OPEN);
    assert.deepEqual([first.result, 'outcome' in first && first.outcome], ['later', 'lost']);
    assert.deepEqual(await deliver(ENDED), shown);
    assert.equal(fake.annotations.length, 1);
    assert.ok(fake.annotations[0]?.tags.includes('resolved'));
    assert.equal(fake.asked.filter((name) => name.startsWith('POST')).length, 1);
  });

test('killed between the post and the note of its id: found again', async (t) => {
  const { fake, deliver, crashAt } = await setUp(t);
  crashAt(2);
  await assert.rejects(deliver(OPEN), /killed/);
  assert.equal(fake.annotations.length, 1);
  assert.deepEqual(await deliver(ENDED), shown);
  assert.equal(fake.annotations.length, 1);
});

test('not reached, or 503 and not written: posted once, when it can be', async (t) => {
  const { fake, deliver } = await setUp(t);
  fake.fault('broken');
  assert.equal((await deliver(OPEN)).result, 'later');
  fake.fault('down');
  assert.equal((await deliver(OPEN)).result, 'later');
  fake.fault(null);
  assert.deepEqual(await deliver(OPEN), shown);
  assert.equal(fake.annotations.length, 1);
});

test('a post that comes through after we had looked for it: the double is taken away at the end', async (t) => {
  const { fake, deliver } = await setUp(t, { timeoutMs: 100 });
  fake.lateMs = 400;
  fake.once('late', /^POST/);
  assert.equal((await deliver(OPEN)).result, 'later');
  assert.deepEqual(await deliver(OPEN), shown);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(fake.annotations.length, 2, 'the slow one came, too');
  assert.deepEqual(await deliver(ENDED), shown);
  assert.equal(fake.annotations.length, 1);
  assert.ok(fake.annotations[0]?.tags.includes('resolved'));
});

test('deleted by a person: posted anew once, and not a second time', async (t) => {
  const { fake, deliver } = await setUp(t);
  await deliver(OPEN);
  fake.annotations.length = 0;
  assert.deepEqual(await deliver(OPEN), shown);
  assert.equal(fake.annotations.length, 1);
  fake.annotations.length = 0;
  assert.deepEqual(await deliver(ENDED), shown);
  assert.equal(fake.annotations.length, 0);
});

test('a wrong token holds up the channel for a minute, not for ever', async (t) => {
  const { fake, deliver } = await setUp(t);
  fake.accepts.token = 'another';
  const no = await deliver(OPEN);
  assert.deepEqual(no, {
    ...{ result: 'later', scope: 'channel', outcome: 'refused', afterMs: 60_000 },
    why: 'answered 401: {"message":"Invalid API key","messageId":"api-key.invalid","statusCode":401} (set GRAFANA_TOKEN to a token of a service account, or GRAFANA_USER and GRAFANA_PASSWORD)',
  });
  fake.accepts.token = 'glsa_fake';
  assert.deepEqual(await deliver(OPEN), shown);
});

test('too many requests: not before Grafana says', async (t) => {
  const server = createServer((_request, response) => response.writeHead(429, { 'retry-after': '7' }).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const channel = makeGrafanaChannel({
    ...{ grafana: makeGrafana({ url, token: 'x' }), url, publicUrl: null, clock: () => NOW },
  });
  const answer = await visits(channel).deliver(OPEN);
  assert.deepEqual(answer.result === 'later' && [answer.outcome, answer.afterMs], ['rate_limited', 7_000]);
});

test('somebody’s words stay words: no markup, no lines of their own, no end of a link', () => {
  const evil = '<img src=x onerror=alert(1)>"\'&\n<b>Over</b>: yes';
  const told = toldOf({
    ...{ target: evil, conclusion: evil, state: 'escalated', outcome: 'escalated' },
    diagnosis: diagnosisOf({ root_cause: evil, citations: ['E1'] }),
    evidence: evidenceOf(memory([0.5])).map((one) => ({ ...one, reading: evil })),
    actions: [actionOf({ instance: evil })],
  });
  const { text } = annotationOf(told, NOW, 'http://aegis"><script>');
  assert.deepEqual(
    [...new Set(text.match(/<[^>]*>/g))].filter((tag) => !/^<a href="[^"<>]*">$/.test(tag)).toSorted(),
    ['</a>', '</b>', '<b>', '<br>'],
  );
});

test('an endless text fits, and keeps its link', () => {
  const { text, tags } = annotationOf(
    toldOf({ target: 'x'.repeat(5_000), diagnosis: diagnosisOf({ root_cause: '&'.repeat(9_000) }) }),
    NOW,
    'http://aegis',
  );
  assert.ok(text.length <= 4_000);
  assert.match(text, /The incident<\/a>/);
  assert.ok(tags.every((tag) => tag.length <= 100));
});

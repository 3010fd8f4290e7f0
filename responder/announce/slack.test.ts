/** One message and one thread for each incident, however Slack fails. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { alertOf, diagnosisOf, NOW, plannedOf, verdictOf } from '../../test/builders.ts';
import { fakeSlack } from '../../test/fakes/slack.ts';
import { makeSlack } from '../clients/slack.ts';
import type { Told } from '../incident/outbox.ts';
import { eventOf, visits } from './announce.test-helper.ts';
import { makeSlackChannel } from './slack.ts';

const in60s = new Date(NOW.getTime() + 60_000).toISOString();
const TIMELINE = [
  eventOf('gather', '3 pieces of evidence'),
  eventOf('diagnose', 'shop-1 holds memory'),
  eventOf('guard', 'RESTART on shop-1 waits for a yes'),
];
const BEGUN: Partial<Told> = { timeline: TIMELINE.slice(0, 1) };
const ASKS: Partial<Told> = {
  ...{ state: 'awaiting_approval', diagnosis: diagnosisOf(), verdict: verdictOf(), timeline: TIMELINE },
  approval: {
    ...{ hash: 'a'.repeat(64), incidentId: 'inc-1', planned: plannedOf(), askedAt: NOW.toISOString() },
    ...{ expiresAt: in60s, decision: null, decidedBy: null, decidedAt: null },
  },
};
const ESCALATED: Partial<Told> = {
  ...ASKS,
  state: 'escalated',
  outcome: 'escalated',
  conclusion: 'nobody answered',
};

interface Over {
  timeoutMs?: number;
  channel?: string;
  channels?: Record<string, string>;
  buttons?: boolean;
}
async function setUp(t: TestContext, over: Over = {}) {
  const { timeoutMs = 5_000, channel = 'C0000000SRE', channels = {}, buttons = true } = over;
  const fake = await fakeSlack();
  fake.postsASecond = Infinity;
  t.after(fake.close);
  const slack = makeSlack({ token: fake.accepts.token, url: `${fake.url}/api`, timeoutMs });
  const made = makeSlackChannel({
    ...{ slack, url: fake.url, channel, channels, clock: () => NOW, pace: async () => {} },
    offers: { publicUrl: 'http://aegis', buttons },
  });
  return { fake, ...visits(made) };
}
const shown = { result: 'shown' };
const buttonsOf = (
  message: { blocks: { type: string; elements?: { action_id?: string }[] }[] } | undefined,
) =>
  message?.blocks.flatMap(({ type, elements = [] }) =>
    type === 'actions' ? elements.map(({ action_id }) => action_id) : [],
  );
const keysOf = (messages: { metadata: { event_payload: Record<string, string> } | null }[]) =>
  messages.map(({ metadata }) => metadata?.event_payload.key);

test('one message, changed in place; each stage once in its thread', async (t) => {
  const { fake, deliver } = await setUp(t);
  assert.deepEqual(await deliver(BEGUN), shown);
  assert.deepEqual(await deliver({ ...BEGUN, timeline: TIMELINE }), shown);
  const [head] = fake.heads();
  assert.equal(fake.heads().length, 1);
  assert.deepEqual(head?.metadata, {
    event_type: 'aegisops_incident',
    event_payload: { incident_id: 'inc-1', key: 'head' },
  });
  const replies = fake.repliesTo(head?.ts ?? '');
  assert.deepEqual(keysOf(replies), ['told 1', 'told 3']);
  assert.match(JSON.stringify(replies[1]?.blocks), /diagnose.*shop-1 holds memory/);
  assert.doesNotMatch(JSON.stringify(replies[1]?.blocks), /3 pieces/);
});

test('nothing new: nothing is sent', async (t) => {
  const { fake, deliver } = await setUp(t);
  await deliver(BEGUN);
  const before = fake.asked.length;
  assert.deepEqual(await deliver(BEGUN), shown);
  assert.equal(fake.asked.length, before);
});

test('the channel is told anew only of what a person must know, once each', async (t) => {
  const { fake, deliver } = await setUp(t);
  for (const told of [BEGUN, ASKS, ASKS, ESCALATED, ESCALATED]) assert.deepEqual(await deliver(told), shown);
  const broadcasts = fake.messages.filter(({ broadcast }) => broadcast);
  assert.deepEqual(keysOf(broadcasts), [`call ask:${'a'.repeat(16)}`, 'call escalated']);
  assert.equal(fake.heads().length, 1);
});

test('whose first news is that a person is needed says so once', async (t) => {
  const { fake, deliver } = await setUp(t);
  await deliver(ESCALATED);
  assert.deepEqual(keysOf(fake.messages), ['head escalated', 'told 3']);
});

test('whoever has it is not called', async (t) => {
  const { fake, deliver } = await setUp(t);
  await deliver(BEGUN);
  const hold = { target: 'shop', by: 'kim', incidentId: 'inc-1', since: NOW.toISOString(), until: in60s };
  await deliver({ ...ESCALATED, hold });
  assert.ok(fake.messages.every(({ broadcast }) => !broadcast));
  assert.match(fake.heads()[0]?.text ?? '', /no, kim has it until 12:01:00 UTC/);
});

test('buttons while there is something to press, none once it is decided, lapsed or over', async (t) => {
  const { fake, deliver } = await setUp(t);
  const now = async (told: Partial<Told>) => {
    await deliver(told);
    return buttonsOf(fake.heads()[0]);
  };
  const approval = ASKS.approval ?? assert.fail();
  assert.deepEqual(await now(BEGUN), ['aegis_take']);
  assert.deepEqual(await now(ASKS), ['aegis_approve', 'aegis_reject', 'aegis_take']);
  assert.deepEqual(await now({ ...ASKS, approval: { ...approval, decision: 'approved' } }), ['aegis_take']);
  assert.deepEqual(await now({ ...ASKS, approval: { ...approval, expiresAt: NOW.toISOString() } }), [
    'aegis_take',
  ]);
  assert.deepEqual(await now(ESCALATED), []);
});

test('where no button reaches us a link leads to the page', async (t) => {
  const { fake, deliver } = await setUp(t, { buttons: false });
  await deliver(ASKS);
  assert.deepEqual(buttonsOf(fake.heads()[0]), []);
  assert.match(
    JSON.stringify(fake.heads()[0]?.blocks),
    /<http:\/\/aegis\/incidents\/inc-1\|Answer on its page>/,
  );
});

for (const fault of ['lost', 'brokenAfter'] as const)
  for (const nth of [1, 2, 3])
    test(`message ${nth} of an incident posted, and its answer ${fault}: found by its metadata, not posted again`, async (t) => {
      const { fake, deliver } = await setUp(t);
      let posts = 0;
      fake.fault((name) => (name.endsWith('chat.postMessage') && ++posts === nth ? fault : null));
      for (let round = 0; round < 4; round++) await deliver(round === 0 ? BEGUN : ESCALATED);
      assert.deepEqual(await deliver(ESCALATED), shown);
      const keys = keysOf(fake.messages);
      assert.deepEqual(new Set(keys).size, keys.length, keys.join());
      assert.equal(fake.heads().length, 1);
      assert.ok(keys.includes('call escalated') && keys.includes('told 3'), keys.join());
    });

for (const save of [1, 2, 3, 4, 5, 6, 7])
  test(`killed at note ${save}: after the next start there is one of each`, async (t) => {
    const { fake, deliver, crashAt } = await setUp(t);
    crashAt(save);
    await deliver(BEGUN).catch(() => null);
    await deliver(ASKS).catch(() => null);
    assert.deepEqual(await deliver(ESCALATED), shown);
    const keys = keysOf(fake.messages);
    assert.deepEqual(new Set(keys).size, keys.length, keys.join());
    assert.equal(fake.heads().length, 1);
  });

test('a double far back in a busy channel is found', async (t) => {
  const { fake, deliver } = await setUp(t);
  fake.once('lost', /postMessage/);
  await deliver(BEGUN);
  const [head] = fake.heads();
  for (let i = 0; i < 7; i++)
    fake.messages.push({ ...(head ?? assert.fail()), ts: `9999999999.00000${i}`, metadata: null });
  assert.deepEqual(await deliver(BEGUN), shown);
  assert.equal(fake.heads().filter(({ metadata }) => metadata).length, 1);
});

test('Slack is down for the whole of an incident: one message with how it ended', async (t) => {
  const { fake, deliver } = await setUp(t);
  fake.fault('down');
  for (const told of [BEGUN, ASKS]) {
    const answer = await deliver(told);
    assert.deepEqual(answer.result === 'later' && answer.scope, 'channel');
  }
  fake.fault(null);
  assert.deepEqual(await deliver(ESCALATED), shown);
  assert.deepEqual(keysOf(fake.messages), ['head escalated', 'told 3']);
});

test('a limit is kept as Slack says, and nothing is sent twice for it', async (t) => {
  const { fake, deliver } = await setUp(t);
  fake.postsASecond = 1;
  const limited = await deliver(BEGUN);
  assert.deepEqual(limited.result === 'later' && [limited.outcome, limited.afterMs], ['rate_limited', 1_000]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.deepEqual(await deliver(BEGUN), shown);
  assert.deepEqual(keysOf(fake.messages), ['head', 'told 1']);
});

test('deleted by a person: posted anew once with its thread, and not a second time', async (t) => {
  const { fake, deliver } = await setUp(t);
  await deliver(BEGUN);
  fake.remove(fake.heads()[0]?.ts ?? '');
  assert.deepEqual(await deliver(ASKS), shown);
  const head = fake.heads()[0]?.ts ?? assert.fail();
  assert.deepEqual(keysOf(fake.repliesTo(head)), ['told 3']);
  fake.remove(head);
  assert.deepEqual(await deliver(ESCALATED), shown);
  assert.equal(fake.heads().length, 0);
});

test('deleted while the answer to a reply was lost: the thread is gone, and nothing waits for it', async (t) => {
  const { fake, deliver } = await setUp(t);
  await deliver(BEGUN);
  const head = fake.heads()[0]?.ts ?? assert.fail();
  fake.once('lost', /postMessage/);
  assert.equal((await deliver(ASKS)).result, 'later');
  for (const { ts } of fake.repliesTo(head)) fake.remove(ts);
  fake.remove(head);
  assert.deepEqual(await deliver(ESCALATED), shown);
  assert.equal(fake.heads().length, 1, 'posted anew');
});

test('a wrong token holds up the channel; a channel that is none only its own incidents, with a cure', async (t) => {
  const { fake, deliver } = await setUp(t);
  fake.accepts.token = 'another';
  const no = await deliver(BEGUN);
  assert.deepEqual(no.result === 'later' && [no.scope, no.why, no.afterMs], [
    'channel',
    'invalid_auth: this is no token that Slack knows; set SLACK_BOT_TOKEN to the bot token of the app (xoxb-...), and restart the responder',
    60_000,
  ]);
  const lost = await setUp(t, { channel: 'C999999999' });
  const nowhere = await lost.deliver(BEGUN);
  assert.deepEqual(nowhere.result === 'later' && nowhere.scope, 'incident');
  assert.match(nowhere.result === 'later' ? nowhere.why : '', /correct SLACK_CHANNEL/);
});

test('a channel by its name; by severity, and a team before that', async (t) => {
  const channels = { critical: '#sre-page', 'team:shop': '#sre' };
  const { fake, deliver } = await setUp(t, { channel: '#nowhere', channels });
  await deliver(BEGUN);
  assert.equal(fake.heads()[0]?.channel, 'C000000PAGE');
  const team = await setUp(t, { channel: '#nowhere', channels });
  await team.deliver({ ...BEGUN, alerts: [alertOf({ labels: { team: 'shop' } })] });
  assert.equal(team.fake.heads()[0]?.channel, 'C0000000SRE');
});

test('a first message that calls a person and whose answer was lost calls nobody twice', async (t) => {
  for (const fault of ['lost', 'brokenAfter'] as const) {
    const { fake, deliver } = await setUp(t);
    fake.once(fault, /postMessage/);
    assert.equal((await deliver(ESCALATED)).result, 'later');
    assert.deepEqual(await deliver(ESCALATED), shown);
    assert.deepEqual(keysOf(fake.messages), ['head', 'told 3']);
  }
});

test('more than one message takes is told in several, each event once and in order', async (t) => {
  const { fake, deliver } = await setUp(t);
  const timeline = Array.from({ length: 60 }, (_, i) =>
    eventOf('diagnose', `event-${i} ${'word '.repeat(100)}`),
  );
  const long = { ...ASKS, timeline: [...timeline, ...TIMELINE] };
  fake.fault((name) => (name.endsWith('chat.postMessage') && fake.messages.length === 3 ? 'lost' : null));
  assert.equal((await deliver(long)).result, 'later');
  fake.fault(null);
  assert.deepEqual(await deliver(long), shown);
  const replies = fake.repliesTo(fake.heads()[0]?.ts ?? '');
  assert.ok(replies.length > 2, String(replies.length));
  const said = [...JSON.stringify(replies.map(({ blocks }) => blocks)).matchAll(/event-(\d+) /g)];
  assert.deepEqual(
    said.map(([, i]) => Number(i)),
    timeline.map((_, i) => i),
  );
  assert.equal(keysOf(replies).at(-1), 'told 63');
  const why = replies.filter(({ blocks }) => /\*Why\*/.test(JSON.stringify(blocks)));
  assert.deepEqual(keysOf(why), ['told 63'], 'what lies behind a stage comes once');
});

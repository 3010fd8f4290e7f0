/** What people see, while Grafana and Slack fail in the middle of it: one region and one thread an incident, and a button that counts. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '../tools/demo/wait.ts';
import { fakeGrafana } from './fakes/grafana.ts';
import { fakeSlack, type StoredMessage } from './fakes/slack.ts';
import { startStory, type WholeIncident } from './story.ts';

const grafana = await fakeGrafana();
const slack = await fakeSlack();
after(() => Promise.all([grafana.close(), slack.close()]));
const story = await startStory({
  targets: ['auto-app', { name: 'asked-app', labels: { 'aegis.autonomy': 'approve' } }],
  env: {
    responder: {
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.accepts.token,
      SLACK_API_URL: `${slack.url}/api`,
      SLACK_BOT_TOKEN: slack.accepts.token,
      SLACK_SIGNING_SECRET: slack.accepts.signingSecret,
      SLACK_CHANNEL: '#sre',
      SLACK_CHANNELS: 'warning=#sre-page',
      SLACK_APPROVERS: 'U0KIM',
    },
  },
});
/** An outage is asked about once a minute in the end. */
const PATIENCE_MS = 90_000;
const when = (what: string, isSo: () => boolean) =>
  until(what, PATIENCE_MS, async () => (isSo() ? true : null));

const regionsOf = (id: string) => grafana.annotations.filter(({ tags }) => tags.includes(`incident:${id}`));
const messagesOf = (id: string) =>
  slack.messages.filter(({ metadata }) => metadata?.event_payload.incident_id === id);
const headsOf = (id: string) => messagesOf(id).filter(({ thread }) => thread === null);
const buttonsOf = (message: StoredMessage | undefined) =>
  (message?.blocks ?? []).flatMap(({ elements = [] }) =>
    elements.flatMap(({ action_id, value }) => (action_id && value ? [[action_id, value] as const] : [])),
  );

/** How many events of the timeline the thread has with this message. */
const toldIn = ({ metadata }: StoredMessage) =>
  Number(/^told (\d+)$/.exec(metadata?.event_payload.key ?? '')?.[1] ?? 0);

/** Everything of an incident is shown, and all of it once. */
async function shownOnce({ id, timeline, outcome }: WholeIncident): Promise<void> {
  await when(`${id} in Grafana and Slack`, () => {
    const inGrafana = regionsOf(id).some(({ tags }) => tags.includes(outcome ?? ''));
    // At least: the alert's own end is told too, and may come after the incident closed.
    return inGrafana && messagesOf(id).some((message) => toldIn(message) >= timeline.length);
  });
  assert.equal(regionsOf(id).length, 1);
  const [head, ...more] = headsOf(id);
  assert.deepEqual(more, []);
  const keys = messagesOf(id).map(({ metadata }) => metadata?.event_payload.key);
  assert.equal(new Set(keys).size, keys.length, keys.join());
  for (const { thread } of messagesOf(id)) assert.ok(thread === null || thread === head?.ts);
}

test('both lose the answer to what they did, then go down in mid-incident: one region and one thread all the same', async () => {
  await story.quiet('auto-app');
  grafana.once('lost', /^POST/);
  slack.once('lost', /postMessage/);
  await story.stack.killPart('auto-app-1');
  await when('the first news', () => grafana.annotations.length > 0 && slack.messages.length > 0);
  grafana.fault('down');
  slack.fault('down');
  const incident = await story.ended('auto-app');
  assert.equal(incident.outcome, 'resolved', 'the outage holds up no repair');
  assert.ok(!regionsOf(incident.id).some(({ tags }) => tags.includes('resolved')));
  // Back, but not yet well.
  grafana.fault('broken');
  slack.fault((name) => (name.endsWith('chat.update') ? 'brokenAfter' : null));
  setTimeout(() => {
    grafana.fault(null);
    slack.fault(null);
  }, 5_000).unref();
  await shownOnce(incident);
  const [region] = regionsOf(incident.id);
  assert.deepEqual(region?.tags, ['aegisops', `incident:${incident.id}`, 'auto-app', 'RESTART', 'resolved']);
  assert.deepEqual(
    [region?.time, region?.timeEnd],
    [incident.startsAt, incident.closedAt ?? ''].map(Date.parse),
  );
  assert.match(region?.text ?? '', /<a href="http:\/\/127\.0\.0\.1:\d+\/incidents\/inc-/);
  const [head] = headsOf(incident.id);
  assert.match(head?.text ?? '', /Is it over: yes, and proved: .*Must I do anything: no\./);
  assert.deepEqual(buttonsOf(head), []);
});

let asked: WholeIncident;
async function press(what: Partial<Parameters<typeof slack.press>[0]>, times = 1): Promise<number[]> {
  const [, value = ''] = buttonsOf(headsOf(asked.id)[0])[0] ?? [];
  const { body, headers } = slack.press({ user: 'U0KIM', action_id: 'aegis_approve', value, ...what });
  const statuses = [];
  for (let i = 0; i < times; i++) {
    const url = `${story.stack.addresses.responder}/slack/interactions`;
    statuses.push((await fetch(url, { method: 'POST', body, headers })).status);
  }
  return statuses;
}

test('who is asked finds the buttons in Slack; forged, old, or pressed by somebody else they change nothing', async () => {
  await story.quiet('asked-app');
  await story.trigger('asked-app', 'memory');
  asked = await until('the question in Slack', PATIENCE_MS, async () => {
    const [incident] = await story.incidents('asked-app');
    const ids = buttonsOf(headsOf(incident?.id ?? '')[0]).map(([action]) => action);
    return incident && ids.includes('aegis_approve') ? incident : null;
  });
  assert.deepEqual(await press({ secret: 'not-the-signing-secret' }), [403]);
  assert.deepEqual(await press({ at: Date.now() - 600_000 }), [403]);
  assert.deepEqual(await press({ user: 'U0EVE' }), [200]);
  await when('what Eve is told', () => slack.told.length > 0);
  assert.match(slack.told.join(), /U0EVE is not in SLACK_APPROVERS/);
  const [incident] = await story.incidents('asked-app');
  assert.deepEqual([incident?.state, incident?.actions], ['awaiting_approval', []]);
});

test('a signed yes of somebody who may counts, once; then the buttons are gone', async () => {
  assert.deepEqual(await press({}, 2), [200, 403]);
  const incident = await story.ended('asked-app');
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.equal(incident.actions.length, 1);
  assert.ok(incident.timeline.some(({ text }) => text === 'approved by slack:U0KIM'));
  await shownOnce(incident);
  assert.deepEqual(buttonsOf(headsOf(incident.id)[0]), []);
  assert.deepEqual(await press({ value: `${incident.id} ${'a'.repeat(64)}` }), [200], 'too late');
  await when('what is told of it', () => slack.told.at(-1)?.startsWith('Nothing was') ?? false);
});

test('only a question went to the channel as news; and it is all counted', async () => {
  const broadcasts = slack.messages.filter(({ broadcast }) => broadcast);
  for (const { metadata } of broadcasts) assert.match(metadata?.event_payload.key ?? '', /^call ask:/);
  assert.ok(broadcasts.length <= 1);
  const text = await (await fetch(`${story.stack.addresses.responder}/metrics`)).text();
  assert.match(text, /aegis_notifications_total\{channel="slack",outcome="lost"\} [1-9]/);
  assert.match(text, /aegis_notifications_total\{channel="grafana",outcome="(down|lost)"\} [1-9]/);
  assert.match(text, /aegis_outbox_waiting\{channel="grafana"\} 0/);
});

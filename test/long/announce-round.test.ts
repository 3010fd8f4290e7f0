/**
 * A round of all faults, with Grafana and Slack in all weathers: each incident has one region and one thread in the end, and
 * every panel of the dashboards has something to show.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FAULTS, type FaultName, planOf } from '../../tools/demo/faults.ts';
import { until } from '../../tools/demo/wait.ts';
import type { Fault } from '../fakes/faulty-server.ts';
import { fakeGrafana } from '../fakes/grafana.ts';
import { fakeSlack } from '../fakes/slack.ts';
import { openPanels, STEP_SECONDS } from '../panels.ts';
import { startStory } from '../story.ts';

const TARGET = 'target-app';
/** Alerts that look back over minutes fire on for a while after their fault. */
const QUIET_MS = 420_000;
const ENDED_MS = 120_000;
const SHOWN_MS = 180_000;
/** Empty after this round for the reason that the panel itself tells: no model is set up, nothing fires any more, nothing is queued. */
const MAY_BE_EMPTY = [
  'aegisops: Asked, and did not answer',
  'service-slo: Alerts that fire',
  'service-slo: Ends that nobody asked for',
  'responder: In the queue now',
  'responder: What models took',
  'responder: What the models cost',
];

const grafana = await fakeGrafana();
const slack = await fakeSlack();
after(() => Promise.all([grafana.close(), slack.close()]));
const began = new Date();
const story = await startStory({
  targets: [{ name: TARGET, labels: { 'aegis.cost-per-minute': '120' } }],
  env: {
    responder: {
      AEGIS_COOLDOWN_SECONDS: '0',
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.accepts.token,
      SLACK_API_URL: `${slack.url}/api`,
      SLACK_BOT_TOKEN: slack.accepts.token,
      SLACK_SIGNING_SECRET: slack.accepts.signingSecret,
      SLACK_CHANNEL: '#sre',
    },
  },
});
const panels = await openPanels(story);
after(() => panels.grafana.end());

/** What befalls both while an incident runs. */
const WEATHERS: { name: string; begin: () => void }[] = [
  { name: 'fine', begin: () => undefined },
  {
    name: 'answers lost after the write',
    begin: () => {
      grafana.once('lost', /^POST/);
      slack.once('lost', /postMessage/);
    },
  },
  { name: 'down', begin: () => both('down') },
  { name: 'rate limited', begin: () => both('limited') },
  { name: 'broken after the write', begin: () => both('brokenAfter') },
];
function both(fault: Fault | null): void {
  grafana.fault(fault);
  slack.fault(fault);
}

/** Ids of the incidents of earlier faults. */
const known: string[] = [];
/** A deployment or what is left of the fault before may open one of its own, in which nothing is found. */
const endedAs = (category: string) =>
  until(`an incident of ${category} to end`, ENDED_MS, async () => {
    const all = await story.incidents(TARGET);
    const isIt = (one: (typeof all)[number]) => one.closedAt && one.diagnosis?.category === category;
    return all.find((one) => !known.includes(one.id) && isIt(one)) ?? null;
  });
Object.keys(FAULTS).forEach((fault, i) => {
  const weather = WEATHERS[i % WEATHERS.length] ?? assert.fail();
  test(`${fault}, while both are ${weather.name}`, async () => {
    const { cause, expected, baseline } = planOf(fault as FaultName);
    await until(`${TARGET} to be quiet`, QUIET_MS, () => story.quiet(TARGET, baseline));
    for (const { id } of await story.incidents(TARGET)) if (!known.includes(id)) known.push(id);
    weather.begin();
    const breach = await cause(story.stack);
    const incident = await endedAs(expected.category);
    await breach.end?.();
    both(null);
    assert.deepEqual([incident.diagnosis?.action, incident.outcome], [expected.action, expected.outcome]);
  });
});

test('a halt refuses a cure', async () => {
  await until(`${TARGET} to be quiet`, QUIET_MS, () => story.quiet(TARGET));
  for (const { id } of await story.incidents(TARGET)) if (!known.includes(id)) known.push(id);
  const bearer = { authorization: `Bearer ${story.stack.tokens.api}` };
  await story.post({ by: 'kim', reason: 'drill' }, '/api/halt', bearer);
  await story.trigger(TARGET, 'cpu');
  const incident = await endedAs('cpu_saturation');
  await story.trigger(TARGET, 'reset');
  assert.equal(incident.outcome, 'escalated');
});

test('each incident has one region, which tells its end, and one thread, in which nothing is told twice', async () => {
  const incidents = await until('every incident to be over and shown', SHOWN_MS, async () => {
    const all = await story.incidents();
    const shown = ({ id, outcome }: (typeof all)[number]) =>
      grafana.annotations.some(({ tags }) => tags.includes(`incident:${id}`) && tags.includes(outcome ?? ''));
    const text = await (await fetch(`${story.stack.addresses.responder}/metrics`)).text();
    const waiting = [...text.matchAll(/^aegis_outbox_waiting\{.*\} (\d+)$/gm)].map(([, count]) =>
      Number(count),
    );
    const isEmpty = waiting.length === 2 && waiting.every((count) => count === 0);
    return isEmpty && all.every((one) => one.closedAt && shown(one)) ? all : null;
  });
  assert.ok(incidents.length >= Object.keys(FAULTS).length);
  for (const { id, startsAt, closedAt } of incidents) {
    const regions = grafana.annotations.filter(({ tags }) => tags.includes(`incident:${id}`));
    assert.deepEqual(
      regions.map(({ time, timeEnd }) => [time, timeEnd]),
      [[Date.parse(startsAt), Date.parse(closedAt ?? '')]],
      id,
    );
    const messages = slack.messages.filter(({ metadata }) => metadata?.event_payload.incident_id === id);
    const [head, ...more] = messages.filter(({ thread }) => thread === null);
    assert.ok(head && more.length === 0, `${id}: ${more.length + 1} messages in the channel`);
    const keys = messages.map(({ metadata }) => metadata?.event_payload.key);
    assert.equal(new Set(keys).size, keys.length, keys.join());
    for (const { thread } of messages) assert.ok(thread === null || thread === head.ts);
  }
  const owners = [...grafana.annotations.flatMap(({ tags }) => tags)].filter((tag) =>
    tag.startsWith('incident:'),
  );
  assert.equal(owners.length, incidents.length, 'no region of nobody');
});

test('every panel has data after this round, but those that say why they may be empty', async () => {
  const chosen = { environment: ['demo'], target: [TARGET] };
  const empty = await panels.empties({ from: began, to: new Date(), chosen, scrapeSeconds: STEP_SECONDS });
  assert.deepEqual(
    empty.filter((where) => !MAY_BE_EMPTY.includes(where)),
    [],
  );
});

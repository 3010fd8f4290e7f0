/** What Alertmanager holds against what the responder believes: an end that nobody told, a silence, an alert that fires on, flapping. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../tools/demo/wait.ts';
import { answered, idsOf } from '../crash.ts';
import { alertsOf, startStory, type WholeIncident } from '../story.ts';

const [ENDED, SILENCED, KEPT] = ['ended-app', 'silenced-app', 'kept-app'] as const;
const [FIRING, FLAPPING] = ['firing-app', 'flapping-app'] as const;
const PATIENCE_MS = 120_000;
const asks = { 'aegis.autonomy': 'approve' };
const story = await startStory({
  targets: [
    ...[ENDED, SILENCED, KEPT].map((name) => ({ name, labels: asks })),
    ...[FIRING, FLAPPING].map((name) => ({ name })),
  ],
  env: {
    responder: {
      AEGIS_COOLDOWN_SECONDS: '0',
      AEGIS_FLAPPING_LIMIT: '1',
      AEGIS_RECONCILE_SECONDS: '1',
      AEGIS_STILL_FIRING_SECONDS: '5',
    },
  },
});
const { stack } = story;

test('the resolved message comes while the responder is dead, and never again: the question lapses, nothing is done', async () => {
  await story.quiet(ENDED);
  await story.trigger(ENDED, 'memory');
  const asked = await question(ENDED);
  await stack.killPart('responder');
  await story.trigger(ENDED, 'reset');
  await until('Alertmanager to forget the alert', PATIENCE_MS, async () =>
    (await alertsOf(story, ENDED)).length === 0 ? true : null,
  );
  await stack.startPart('responder');
  const incident = await story.ended(ENDED);
  assert.equal(incident.id, asked.id);
  assert.deepEqual([incident.outcome, incident.actions], ['no_action', []], incident.conclusion ?? '');
  assert.match(incident.conclusion ?? '', /every alert of the incident is resolved/);
  assert.equal(await story.starts(ENDED), 1);
});

test('silenced while it is asked about, and then over: Alertmanager tells nobody, and nothing is done', async () => {
  await story.quiet(SILENCED);
  await story.trigger(SILENCED, 'memory');
  const asked = await question(SILENCED);
  await silence(SILENCED);
  await story.trigger(SILENCED, 'reset');
  const incident = await story.ended(SILENCED);
  assert.equal(incident.id, asked.id);
  assert.deepEqual([incident.outcome, incident.actions], ['no_action', []], incident.conclusion ?? '');
  assert.ok(incident.timeline.some(({ text }) => /is resolved \(Alertmanager knows it no more\)/.test(text)));
  assert.equal(await story.starts(SILENCED), 1);
});

test('silenced while it is asked about, and a yes: who silenced it keeps it, and nothing is done', async () => {
  await story.quiet(KEPT);
  await story.trigger(KEPT, 'memory');
  const asked = await question(KEPT);
  await silence(KEPT);
  const yes = { by: 'kim', hash: asked.approval.hash };
  const api = { authorization: `Bearer ${stack.tokens.api}` };
  assert.equal((await story.post(yes, `/api/incidents/${asked.id}/approve`, api)).status, 200);
  const incident = await story.ended(KEPT);
  assert.deepEqual([incident.id, incident.outcome, incident.actions], [asked.id, 'escalated', []]);
  assert.match(incident.conclusion ?? '', /refused by person: .* is silenced by alex/);
  assert.equal(await story.starts(KEPT), 1);
});

test('an alert that fires on after its incident was closed as over goes to a person, once', async () => {
  await story.quiet(FIRING);
  const stubborn = {
    labels: { alertname: 'TargetMemorySaturated', service: FIRING, instance: `${FIRING}-1` },
    annotations: { sli: 'memory_utilization', threshold: '0.85' },
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 600_000).toISOString(),
  };
  await post(`${stack.addresses.alertmanager}/api/v2/alerts`, [stubborn]);
  const first = await story.ended(FIRING);
  assert.deepEqual([first.outcome, first.actions], ['no_action', []], first.conclusion ?? '');
  const followUp = await story.ended(FIRING, [first.id]);
  assert.deepEqual([followUp.outcome, followUp.actions], ['escalated', []]);
  assert.match(followUp.conclusion ?? '', new RegExp(`still fires, though ${first.id} was closed`));
  await sleep(15_000);
  assert.deepEqual(await idsOf(story, FIRING), [followUp.id, first.id], 'said once, not again and again');
});

test('cured, and broken again soon after: the second time it goes to a person, and nothing is done', async () => {
  await story.quiet(FLAPPING);
  await story.trigger(FLAPPING, 'memory');
  const first = await answered(story, FLAPPING, []);
  assert.equal(first.outcome, 'resolved', first.conclusion ?? '');
  await story.quiet(FLAPPING);
  const known = await idsOf(story, FLAPPING);
  await story.trigger(FLAPPING, 'memory');
  const second = await answered(story, FLAPPING, known);
  assert.deepEqual([second.outcome, second.actions], ['escalated', []]);
  assert.match(
    second.conclusion ?? '',
    /refused by flapping: the same alert was cured 1 times within the hour/,
  );
  assert.equal(await story.starts(FLAPPING), 2);
});

type Asked = WholeIncident & { approval: { hash: string } };

function question(target: string): Promise<Asked> {
  return until(`${target} to be asked about`, PATIENCE_MS, async () => {
    const [incident] = (await story.incidents(target)) as Asked[];
    return (incident?.state as string) === 'awaiting_approval' ? (incident as Asked) : null;
  });
}

function silence(service: string): Promise<void> {
  return post(`${stack.addresses.alertmanager}/api/v2/silences`, {
    matchers: [{ name: 'service', value: service, isRegex: false, isEqual: true }],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 600_000).toISOString(),
    createdBy: 'alex',
    comment: 'I am at it',
  });
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${url} answered ${response.status}: ${await response.text()}`);
}

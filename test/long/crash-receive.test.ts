/** `kill -9` of the responder while alerts pour in: what a sender was told is stored is there afterwards, and ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCrashStory } from '../crash.ts';
import { alertOf, envelope } from '../story.ts';

const story = await startCrashStory();
await story.quiet('target-app');

const SENDS = 40;
const EVERY_MS = 4;
/** So many were answered when it dies. */
const ANSWERED = [1, 5, 12, 20, 33];

for (const [round, killAfter] of ANSWERED.entries())
  test(`killed after ${killAfter} answers of 200 and 202: each of those is an incident that ends, and the rest can be sent again`, async () => {
    const names = Array.from({ length: SENDS }, (_, i) => `lost-${round}-${i}`);
    const stored = new Map<string, string>();
    let dead: Promise<void> | undefined;
    const deliver = async (name: string, i: number) => {
      const answer = await send(name, i % 2 === 0);
      if (answer === null) return;
      stored.set(name, answer);
      if (stored.size >= killAfter) dead ??= story.stack.killPart('responder');
    };
    const deliveries: Promise<void>[] = [];
    for (const [i, name] of names.entries()) {
      deliveries.push(deliver(name, i));
      await sleep(EVERY_MS);
    }
    await Promise.all(deliveries);
    await dead;
    await story.stack.startPart('responder');
    for (const [name, id] of stored) {
      const incident = await story.ended(name);
      assert.deepEqual([incident.id, incident.outcome, incident.actions], [id, 'escalated', []]);
    }
    for (const [i, name] of names.entries())
      if (!stored.has(name)) assert.notEqual(await send(name, i % 2 === 0), null);
    await story.settled();
    for (const name of names) assert.equal((await story.incidents(name)).length, 1, name);
  });

test('killed at once after its answer to an alert about what it repairs: looked at, and nothing is done', async () => {
  for (let round = 0; round < 3; round += 1) {
    const startsAt = new Date(Date.now() - round * 1_000).toISOString();
    const { status, body } = await story.post(envelope(alertOf({}, { startsAt })));
    assert.equal(status, 200);
    await story.stack.killPart('responder');
    await story.stack.startPart('responder');
    const incident = await story.ended('target-app');
    assert.deepEqual([incident.id, incident.outcome], [body.incidents[0], 'no_action']);
  }
  assert.equal(await story.starts('target-app'), 1);
});

/** As Alertmanager does, or by the direct body. @returns the incident's id; null where there was no answer, or one that says "again". */
async function send(name: string, asAlertmanager: boolean): Promise<string | null> {
  const direct = {
    incident_id: `ticket-${name}`,
    container_name: name,
    alert_type: 'looks odd',
    logs: '',
    timestamp: '2026-01-02T03:04:05Z',
  };
  const body = asAlertmanager ? envelope(alertOf({ service: name, instance: name })) : direct;
  const answer = await story.post(body).catch(() => null);
  if (answer === null || answer.status === 503) return null;
  assert.equal(answer.status, asAlertmanager ? 200 : 202);
  return asAlertmanager ? answer.body.incidents[0] : answer.body.incident_id;
}

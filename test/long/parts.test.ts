/**
 * Each part that the responder stands on dies in mid-incident and comes back: nothing is done twice, nothing is stuck, no
 * stored alert is lost, and where the incident goes to a person, the reason is true.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../tools/demo/wait.ts';
import { deploy } from '../../tools/deploy/deploy.ts';
import { answered, assertOnce, idsOf, startCrashStory } from '../crash.ts';
import { alertsOf, type WholeIncident } from '../story.ts';

const TARGET = 'target-app';
const AWAY_MS = 5_000;
const PATIENCE_MS = 120_000;
const story = await startCrashStory();
const { stack } = story;

interface Case {
  part: string;
  /** Where the incident stands still while the part is killed. */
  at: 'gather' | 'remediate' | 'verify';
  /** What a person is told where it goes to one; without it, it must be resolved. */
  reason?: RegExp;
}

const CASES: Case[] = [
  { part: 'prometheus', at: 'gather', reason: /could not be read/ },
  { part: 'prometheus', at: 'verify' },
  { part: 'otel-collector', at: 'gather' },
  { part: 'otel-collector', at: 'verify' },
  { part: 'alertmanager', at: 'gather' },
  { part: 'alertmanager', at: 'verify' },
  { part: 'postgres', at: 'gather' },
  { part: 'postgres', at: 'verify' },
];

for (const { part, at, reason } of CASES)
  test(`${part} dies before ${at} of a leak, and is back after a while: ${reason ? 'resolved, or a person is told why not' : 'resolved'}, one start at most`, async () => {
    const { known, starts } = await quiet();
    story.plan(`hold ${TARGET} before ${at}`);
    await story.trigger(TARGET, 'memory');
    await outage(part, at);
    const incident = await over(known);
    const started = (await story.starts(TARGET)) - starts;
    assert.equal(started, incident.actions.length, 'one start for each action on record');
    if (incident.outcome === 'resolved') assertOnce(incident, 'done');
    else {
      assert.equal(incident.outcome, 'escalated', incident.conclusion ?? '');
      assert.ok(reason, `it should have been resolved: ${incident.conclusion}`);
      assert.match(incident.conclusion ?? '', reason);
      assert.deepEqual(incident.actions, []);
      await endedByAPerson();
    }
  });

test('Prometheus is away just before the action: nothing is done, and a person is told that it could not be read', async () => {
  const { known, starts } = await quiet();
  story.plan(`hold ${TARGET} before remediate`);
  await story.trigger(TARGET, 'memory');
  await story.held(`hold ${TARGET} before remediate`);
  await stack.killPart('prometheus');
  story.letGo();
  const incident = await over(known);
  assert.deepEqual([incident.outcome, incident.actions], ['escalated', []]);
  assert.match(incident.conclusion ?? '', /Nothing was done, the breach could not be read again/);
  assert.equal(await story.starts(TARGET), starts);
  await stack.startPart('prometheus');
  await endedByAPerson();
});

test('Prometheus dies while a rollback is verified: resolved, rolled back once', async () => {
  const { known, starts } = await quiet(15);
  story.plan(`hold ${TARGET} before verify`);
  await deploy({ dir: stack.inventory.dir, target: TARGET, version: '1.1.0', say: () => undefined });
  await outage('prometheus', 'verify');
  const incident = await over(known);
  assert.deepEqual(
    [incident.outcome, incident.actions[0]?.action],
    ['resolved', 'ROLLBACK'],
    incident.conclusion ?? '',
  );
  assertOnce(incident, 'done');
  assert.equal((await story.starts(TARGET)) - starts, 2, 'one start by the deploy, one by the rollback');
});

/** The part is killed while the responder stands still, which goes on without it. */
async function outage(part: string, at: Case['at']): Promise<void> {
  await story.held(`hold ${TARGET} before ${at}`);
  await stack.killPart(part);
  story.letGo();
  await sleep(AWAY_MS);
  await stack.startPart(part);
}

async function quiet(samples?: number): Promise<{ known: string[]; starts: number }> {
  await story.quiet(TARGET, samples);
  await story.settled();
  // What was told before a part died ends by its own time; until then the next breach would be the same episode.
  await until<true>('Alertmanager to hold nothing', PATIENCE_MS, async () =>
    (await alertsOf(story, TARGET)).length === 0 ? true : null,
  );
  return { known: await idsOf(story, TARGET), starts: await story.starts(TARGET) };
}

async function over(known: string[]): Promise<WholeIncident> {
  const incident = await answered(story, TARGET, known);
  await story.settled();
  return incident;
}

/** As the person would who was told. Where the alert has come anew meanwhile, it may be repaired already. */
async function endedByAPerson(): Promise<void> {
  await until<true>('the leak to be ended', PATIENCE_MS, async () => {
    await story.trigger(TARGET, 'reset');
    return true;
  });
}

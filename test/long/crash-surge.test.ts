/** `kill -9` of the responder in a SCALE_UP, and while the added instance is taken away again. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readGroups } from '../../responder/clients/runtimes/process-inventory.ts';
import { until } from '../../tools/demo/wait.ts';
import { acted, actionsOf, answered, assertOnce, idsOf, startCrashStory } from '../crash.ts';
import type { WholeIncident } from '../story.ts';

const BUSY = 'target-app';
const SURGE_RPS = 110;
const BASELINE_SAMPLES = 15;
const PATIENCE_MS = 120_000;

const story = await startCrashStory({ targets: [BUSY] });
const { stack } = story;

const ROUNDS = [
  ['before the intent', 'before the take-back'],
  ['after the intent', 'within the take-back, unlisted'],
  ['within the call', 'within the take-back, ended'],
  ['after the call', 'after the take-back'],
  ['after remediate', 'within the take-back, unlisted'],
] as const;

for (const [scaleUp, takeBack] of ROUNDS)
  test(`killed ${scaleUp} (scale-up) and ${takeBack}: one instance more, and taken away again`, async () => {
    await story.quiet(BUSY, BASELINE_SAMPLES);
    story.plan(`kill ${BUSY} ${scaleUp}`, `kill ${BUSY} ${takeBack}`);
    await story.reviving(scaledUpAndBack);
    await story.settled();
  });

async function scaledUpAndBack(): Promise<void> {
  const known = await idsOf(story, BUSY);
  const [starts, added] = [await story.starts(BUSY), await startsOf(`${BUSY}-2`)];
  const end = await stack.startLoad(BUSY, SURGE_RPS);
  let incident: WholeIncident;
  try {
    incident = await answered(story, BUSY, known, acted);
  } finally {
    await end();
  }
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  const [made] = actionsOf(incident);
  assert.deepEqual([made?.action, made?.instance], ['SCALE_UP', `${BUSY}-2`]);
  assertOnce(incident, 'done');
  const told = await until('it to be taken back', PATIENCE_MS, async () => {
    const [now] = (await story.incidents(BUSY)).filter(({ id }) => id === incident.id);
    const back = now?.timeline.filter((event) => event.kind === 'taken_back') ?? [];
    return back.length > 0 ? back : null;
  });
  assert.equal(told.length, 1);
  const listed = (await readGroups(stack.inventory.file)).flatMap(({ labels }) =>
    labels.service === BUSY ? [labels.instance] : [],
  );
  assert.deepEqual(listed, [`${BUSY}-1`]);
  assert.deepEqual([await startsOf(`${BUSY}-2`), await story.starts(BUSY)], [added + 1, starts]);
  assert.equal(await stack.pid(`${BUSY}-2`).catch(() => null), null);
}

async function startsOf(instance: string): Promise<number> {
  const text = await readFile(stack.logOf(instance), 'utf8').catch(() => '');
  return text.split('"event":"app.started"').length - 1;
}

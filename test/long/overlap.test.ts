/** A second fault in the same service while the cure of the first is being verified. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../tools/demo/wait.ts';
import { answered, assertOnce, idsOf, startCrashStory } from '../crash.ts';

const TARGET = 'target-app';
const story = await startCrashStory({ env: { responder: { AEGIS_VERIFY_TIMEOUT_SECONDS: '12' } } });

test('killed while the restart that ended its leak is verified: not called resolved, and the new process is started anew, once', async () => {
  await story.quiet(TARGET);
  const [known, starts] = [await idsOf(story, TARGET), await story.starts(TARGET)];
  story.plan(`hold ${TARGET} before verify`);
  await story.trigger(TARGET, 'memory');
  await story.held(`hold ${TARGET} before verify`);
  await until<true>('the new process to be up', 30_000, async () =>
    (await story.starts(TARGET)) === starts + 1 ? true : null,
  );
  await story.stack.killPart(`${TARGET}-1`);
  story.letGo();
  const incident = await answered(story, TARGET, known);
  await story.settled();
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.equal(incident.diagnosis?.category, 'process_down', 'of what broke last');
  const joined = incident.alerts.map(({ name }) => name);
  assert.ok(joined.includes('TargetDown'), 'it is the same incident');
  assertOnce(incident, 'done', 'done');
  assert.equal((await story.starts(TARGET)) - starts, 2);
});

test('after that, the next breach is a new one, and it is repaired', async () => {
  await story.quiet(TARGET);
  const known = await idsOf(story, TARGET);
  await story.stack.killPart(`${TARGET}-1`);
  const incident = await answered(story, TARGET, known);
  assert.deepEqual([incident.outcome, incident.diagnosis?.category], ['resolved', 'process_down']);
  assertOnce(incident, 'done');
});

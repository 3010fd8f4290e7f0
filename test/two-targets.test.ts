/** Two services break at the same time; each gets its own incident and its own cure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploy } from '../tools/deploy/deploy.ts';
import { answered, idsOf } from './crash.ts';
import { startStory, type WholeIncident } from './story.ts';

/** So much of its healthy traffic is known before a release can be blamed. */
const BASELINE_SAMPLES = 15;
const story = await startStory({
  targets: ['target-app', 'second-app'],
  env: { responder: { AEGIS_COOLDOWN_SECONDS: '0' } },
});

test('a leak in one service and a killed process of another end rightly, each with one restart of its own', async () => {
  await Promise.all([story.quiet('target-app'), story.quiet('second-app')]);
  await Promise.all([story.trigger('target-app', 'memory'), story.stack.killPart('second-app-1')]);
  const [leak, down] = await Promise.all([story.ended('target-app'), story.ended('second-app')]);
  assertCured(leak, 'memory_leak', ['RESTART', 'target-app-1']);
  assertCured(down, 'process_down', ['RESTART', 'second-app-1']);
  assert.equal(await story.starts('target-app'), 2);
  assert.equal(await story.starts('second-app'), 2);
});

test('a bad release of one service and a lock that another holds end rightly, a rollback here and a restart there', async () => {
  await Promise.all([
    story.quiet('target-app', BASELINE_SAMPLES),
    story.quiet('second-app', BASELINE_SAMPLES),
  ]);
  const known = { release: await idsOf(story, 'target-app'), lock: await idsOf(story, 'second-app') };
  const { dir } = story.stack.inventory;
  await Promise.all([
    deploy({ dir, target: 'target-app', version: '1.1.0', say: () => undefined }),
    story.trigger('second-app', 'db_latency'),
  ]);
  const [release, lock] = await Promise.all([
    answered(story, 'target-app', known.release),
    answered(story, 'second-app', known.lock),
  ]);
  assertCured(release, 'bad_release', ['ROLLBACK', 'target-app-1']);
  assertCured(lock, 'db_contention', ['RESTART', 'second-app-1']);
  assert.equal(await story.starts('target-app'), 4, 'one start more by the deploy, one by the rollback');
  assert.equal(await story.starts('second-app'), 3);
});

function assertCured(incident: WholeIncident, category: string, action: [string, string]): void {
  assert.deepEqual(
    [incident.outcome, incident.diagnosis?.category],
    ['resolved', category],
    incident.conclusion ?? '',
  );
  assert.deepEqual(
    incident.actions.map((a) => [a.action, a.instance]),
    [action],
  );
}

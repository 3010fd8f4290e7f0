/** Two services break at the same time; each gets its own incident and its own cure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStory } from './story.ts';

const story = await startStory({ targets: ['target-app', 'second-app'] });

test('a leak in one service and a killed process of another end rightly, each with one restart of its own', async () => {
  await Promise.all([story.quiet('target-app'), story.quiet('second-app')]);
  await Promise.all([story.trigger('target-app', 'memory'), story.stack.killPart('second-app-1')]);
  const [leak, down] = await Promise.all([story.ended('target-app'), story.ended('second-app')]);
  assert.deepEqual([leak.outcome, leak.diagnosis?.category], ['resolved', 'memory_leak']);
  assert.deepEqual([down.outcome, down.diagnosis?.category], ['resolved', 'process_down']);
  assert.deepEqual(
    leak.actions.map((a) => a.instance),
    ['target-app-1'],
  );
  assert.deepEqual(
    down.actions.map((a) => a.instance),
    ['second-app-1'],
  );
  assert.equal(await story.starts('target-app'), 2);
  assert.equal(await story.starts('second-app'), 2);
});

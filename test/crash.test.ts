/** `kill -9` of the responder where it matters most: the incident ends rightly, and the action happens once. All points: `long/`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaksWhileItDies, startCrashStory } from './crash.ts';

const POINTS = {
  'target-app': 'after the intent',
  'second-app': 'within the call',
  'third-app': 'after the call',
};
const story = await startCrashStory({ targets: Object.keys(POINTS) });

test(`three services at once, the responder killed ${Object.values(POINTS).join(', and ')}: resolved, each with one start`, () =>
  leaksWhileItDies(story, POINTS));

test('one incident for each breach, none opened twice', async () => {
  const acted = (await story.incidents()).filter((incident) => incident.actions.length > 0);
  assert.equal(acted.length, Object.keys(POINTS).length);
});

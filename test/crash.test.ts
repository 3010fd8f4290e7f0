/** `kill -9` of the responder where it matters most: the incident ends rightly, and the action happens once. All points: `long/`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaksWhileItDies, startCrashStory } from './crash.ts';

const TARGETS = ['target-app', 'second-app', 'third-app'];
const story = await startCrashStory({ targets: TARGETS });

const ROUNDS = [
  ['before gather', 'after the intent', 'after the call'],
  ['after guard', 'within the call', 'after verify recovered'],
];

for (const points of ROUNDS)
  test(`three services at once, the responder killed ${points.join(', and ')}: resolved, each with one start`, () =>
    leaksWhileItDies(story, Object.fromEntries(TARGETS.map((target, i) => [target, points[i] as string]))));

test('one incident for each breach, none opened twice', async () => {
  const acted = (await story.incidents()).filter((incident) => incident.actions.length > 0);
  assert.equal(acted.length, TARGETS.length * ROUNDS.length);
});

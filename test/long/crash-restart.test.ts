/** `kill -9` of the responder in every stage of a RESTART, five times a stage: each incident ends rightly, each process is started once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaksWhileItDies, startCrashStory } from '../crash.ts';

const TARGETS = ['target-app', 'second-app', 'third-app', 'fourth-app'];
const story = await startCrashStory({ targets: TARGETS });

/** `before` and `within` it, `after` its answer, and when that was `stored`; a word behind says which of its answers. */
const POINTS: Record<string, string[]> = {
  gather: ['before gather', 'within gather', 'after gather', 'stored gather', 'within gather'],
  diagnose: ['before diagnose', 'after diagnose', 'stored diagnose', 'before diagnose', 'after diagnose'],
  guard: ['before guard', 'within guard', 'after guard', 'stored guard', 'within guard'],
  remediate: [
    ...['before remediate', 'within remediate', 'before the intent', 'after the intent', 'within the call'],
    ...['after the call', 'after remediate', 'stored remediate'],
  ],
  verify: [
    ...['before verify', 'within verify', 'after verify pending', 'stored verify to verify'],
    ...['after verify recovered', 'stored verify to learn'],
  ],
  learn: ['before learn', 'after learn', 'stored learn', 'before learn', 'after learn'],
};

/** Every target dies in another stage, so that the stages of the others are cut off at points that nobody chose. */
const all = spread(Object.values(POINTS));
const ROUNDS = Array.from({ length: Math.ceil(all.length / TARGETS.length) }, (_, i) =>
  all.slice(i * TARGETS.length, (i + 1) * TARGETS.length),
);

for (const points of ROUNDS)
  test(`killed ${points.join(', ')}: every leak is resolved, with one start each`, () =>
    leaksWhileItDies(story, Object.fromEntries(points.map((point, i) => [TARGETS[i] as string, point]))));

test('one answer for each breach, none twice', async () => {
  const acted = (await story.incidents()).filter((incident) => incident.actions.length > 0);
  assert.equal(acted.length, all.length);
});

/** One of each list in turn. */
function spread(lists: string[][]): string[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
}

/** `kill -9` of the responder while a person is asked, and just after the yes: one question, one yes, one restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../tools/demo/wait.ts';
import { answered, assertOnce, idsOf, startCrashStory } from '../crash.ts';
import type { WholeIncident } from '../story.ts';

type Asked = WholeIncident & { approval: { hash: string; decision: string | null } };

const TARGETS = ['target-app', 'second-app', 'third-app', 'fourth-app'];
const story = await startCrashStory({
  targets: TARGETS.map((name) => ({ name, labels: { 'aegis.autonomy': 'approve' } })),
});
const api = { authorization: `Bearer ${story.stack.tokens.api}` };

/** Those of the first round come while nobody has answered yet. */
const ROUNDS: [points: string[], isAsked: boolean][] = [
  [['stored guard to approve', 'before approve', 'after approve pending', 'stored approve to approve'], true],
  [
    ['after approve approved', 'stored approve to gather', 'after the intent', 'after approve approved'],
    false,
  ],
];

for (const [points, isAsked] of ROUNDS)
  test(`killed ${points.join(', ')}: asked, approved and done once each`, async () => {
    const each = await Promise.all(
      points.map(async (point, i) => {
        const target = TARGETS[i] as string;
        await story.quiet(target);
        const [known, starts] = [await idsOf(story, target), await story.starts(target)];
        return { target, point, known, starts };
      }),
    );
    story.plan(...each.map(({ target, point }) => `kill ${target} ${point}`));
    await story.reviving(() =>
      Promise.all(
        each.map(async ({ target, point, known, starts }) => {
          await story.trigger(target, 'memory');
          const asked = await question(target, known);
          assert.deepEqual([asked.actions, await story.starts(target)], [[], starts]);
          if (isAsked) await passed(`kill ${target} ${point}`);
          await sayYes(asked);
          const incident = await answered(story, target, known);
          assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
          assertOnce(incident, 'done');
          const told = incident.timeline.filter(
            ({ kind, stage }) => kind === 'approved' && stage === 'approve',
          );
          assert.ok(told.some(({ text }) => /approved by kim/.test(text)));
          assert.equal((await story.starts(target)) - starts, 1);
        }),
      ),
    );
    await story.settled();
  });

test('killed at once after its 200 to a yes, three times: the yes is not lost', async () => {
  for (let round = 0; round < 3; round += 1) {
    const target = TARGETS[round % TARGETS.length] as string;
    await story.quiet(target);
    const [known, starts] = [await idsOf(story, target), await story.starts(target)];
    await story.trigger(target, 'memory');
    const asked = await question(target, known);
    assert.equal((await decide(asked)).status, 200);
    await story.stack.killPart('responder');
    await story.stack.startPart('responder');
    const incident = await answered(story, target, known);
    assert.deepEqual([incident.id, incident.outcome], [asked.id, 'resolved'], incident.conclusion ?? '');
    assertOnce(incident, 'done');
    assert.equal((await story.starts(target)) - starts, 1);
  }
  await story.settled();
});

function question(target: string, known: string[]): Promise<Asked> {
  return until(`${target} to be asked about`, 120_000, async () => {
    const all = (await story.incidents(target)) as Asked[];
    return (
      all.find(({ id, state }) => !known.includes(id) && (state as string) === 'awaiting_approval') ?? null
    );
  });
}

function passed(line: string): Promise<true> {
  return until<true>(`${line} to be done`, 120_000, async () =>
    story.planned().includes(line) ? null : true,
  );
}

function decide({ id, approval }: Asked) {
  return story.post({ by: 'kim', hash: approval.hash }, `/api/incidents/${id}/approve`, api);
}

/** Until it is known to be given: an answer may be lost with the responder, and is then asked for again. */
function sayYes(asked: Asked): Promise<true> {
  return until<true>('the yes to be taken', 60_000, async () => {
    const { status, body } = await decide(asked);
    if (status === 200 || /approved already, by kim/.test(body.detail)) return true;
    throw new Error(`${status} ${JSON.stringify(body)}`);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, alertOf, incidentOf, NOW, plannedOf, verdictOf } from '../../test/builders.ts';
import type { Approval, Hold } from '../incident/approvals.ts';
import { episodeOf, type Incident } from '../incident/incident.ts';
import { answerOf, makeApprove } from './approve.ts';

const { hash, planned } = verdictOf();
function questionOf(over: Partial<Approval> = {}): Approval {
  return {
    ...{ hash, planned, incidentId: 'inc-1', askedAt: ago(60), expiresAt: ago(-840) },
    ...{ decision: null, decidedBy: null, decidedAt: null },
    ...over,
  };
}
const YES = { decision: 'approved', decidedBy: 'kim', decidedAt: ago(1) } as const;
const NO = { decision: 'rejected', decidedBy: 'kim', decidedAt: ago(1) } as const;
const LAPSED = { expiresAt: ago(0) };
const HOLD: Hold = { target: 'shop', by: 'lee', incidentId: 'inc-1', since: ago(5), until: ago(-900) };
const waiting = (over: Partial<Incident> = {}) =>
  incidentOf({ stage: 'approve', state: 'awaiting_approval', verdict: verdictOf(), ...over });
const resolved = alertOf({ status: 'resolved' });

/** What a question, a hold and the alerts together say. */
const TABLE: [
  words: string,
  given: { question?: Partial<Approval>; hold?: Hold; alerts?: Incident['alerts'] },
  answer: [result: string, outcome: string | undefined],
  say: RegExp,
][] = [
  ['nobody has answered', {}, ['pending', undefined], /waiting for a person's word on RESTART on shop-1/],
  ['yes', { question: YES }, ['approved', undefined], /RESTART on shop-1 was approved by kim/],
  ['no', { question: NO }, ['ended', 'escalated'], /was rejected by kim/],
  ['too late', { question: LAPSED }, ['ended', 'escalated'], /Nobody decided .* a person is needed/],
  ['taken', { hold: HOLD }, ['ended', 'escalated'], /lee has it, and RESTART on shop-1 was not done/],
  ['all resolved', { alerts: [resolved] }, ['ended', 'no_action'], /not needed any more/],
  [
    'one of two resolved',
    { alerts: [resolved, alertOf({ fingerprint: 'f2' })] },
    ['pending', undefined],
    /waiting/,
  ],
  ['a yes, and then too late', { question: { ...YES, ...LAPSED } }, ['approved', undefined], /approved/],
  ['a yes, and taken', { question: YES, hold: HOLD }, ['ended', 'escalated'], /lee has it/],
  ['a no, and taken', { question: NO, hold: HOLD }, ['ended', 'escalated'], /lee has it/],
  ['a yes, and resolved', { question: YES, alerts: [resolved] }, ['ended', 'no_action'], /not needed/],
  ['a no, and resolved', { question: NO, alerts: [resolved] }, ['ended', 'no_action'], /not needed/],
  ['taken, and resolved', { hold: HOLD, alerts: [resolved] }, ['ended', 'no_action'], /not needed/],
  ['too late, and resolved', { question: LAPSED, alerts: [resolved] }, ['ended', 'no_action'], /not needed/],
  ['too late, and taken', { question: LAPSED, hold: HOLD }, ['ended', 'escalated'], /lee has it/],
];
for (const [words, { question, hold = null, alerts = [alertOf()] }, [result, outcome], say] of TABLE)
  test(`${words}: ${result}${outcome ? `, ${outcome}` : ''}`, () => {
    const answer = answerOf(waiting({ alerts }), questionOf(question), hold, NOW);
    assert.deepEqual([answer.result, answer.outcome], [result, outcome]);
    assert.match(answer.say, say);
    const ended = answer.result === 'ended';
    assert.equal(answer.found?.conclusion, ended ? answer.say : undefined);
    assert.deepEqual(answer.found?.seen, ended ? alerts.map(episodeOf) : undefined, 'no alert keeps it open');
    assert.equal(answer.dueInMs !== undefined, answer.result === 'pending');
  });

test('it is looked at again when the question ends, and not before', () => {
  assert.equal(answerOf(waiting(), questionOf(), null, NOW).dueInMs, 840_000);
  const last = questionOf({ expiresAt: new Date(NOW.getTime() + 1).toISOString() });
  assert.deepEqual([answerOf(waiting(), last, null, NOW).dueInMs], [1]);
});

test('what concerns the service as a whole is said of it', () => {
  const whole = plannedOf({ action: 'SCALE_UP', instance: null });
  assert.match(answerOf(waiting(), questionOf({ planned: whole }), null, NOW).say, /SCALE_UP on shop until/);
});

function stage(answers: Approval[], hold: Hold | null = null) {
  const holdOn = async (target: string) => (hold?.target === target ? hold : null);
  const of = async (asked: string) => answers.find((answer) => answer.hash === asked) ?? null;
  return makeApprove({ approvals: { of, holdOn }, clock: () => NOW });
}

test('only the answer to exactly what the verdict plans counts', async () => {
  assert.equal((await stage([questionOf(YES)])(waiting())).result, 'approved');
  const other = questionOf({ ...YES, hash: verdictOf({ attempt: 2 }).hash });
  await assert.rejects(stage([other])(waiting()), /inc-1 waits for an answer, but nothing was asked/);
});

test('who has the target counts, who has another does not', async () => {
  assert.equal((await stage([questionOf(YES)], HOLD)(waiting())).outcome, 'escalated');
  const elsewhere = { ...HOLD, target: 'bank' };
  assert.equal((await stage([questionOf(YES)], elsewhere)(waiting())).result, 'approved');
});

test('an incident that waits without a verdict, or without a question, breaks its stage', async () => {
  for (const incident of [waiting({ verdict: null }), waiting()])
    await assert.rejects(stage([])(incident), /nothing was asked/);
});

/** Where a person has to say yes first, and where something of ours is to be taken back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  alertOf,
  diagnosisOf,
  incidentOf,
  plannedOf,
  targetOf,
  verdictOf,
} from '../../test/builders.ts';
import { decide, hashOf, readBack } from '../incident/verdict.ts';
import {
  APPROVED,
  approvalOf,
  diagnosed,
  factsOf,
  guardIn,
  HALTED,
  HOLD,
  incidentWith,
  REJECTED,
  SILENCE,
  TTL_MS,
  type World,
} from './guard.test-helper.ts';
import { judge } from './guard.ts';
import { GUARDS } from './guards.ts';

const asks = (world: World = {}) => guardIn({ targets: [targetOf({ autonomy: 'approve' })], ...world });

test('a target that wants to be asked: the question is about exactly what would be done', async () => {
  const { result, question, found, outcome, say } = await asks().guard(diagnosed({ attempts: 1 }));
  const planned = plannedOf({ attempt: 2 });
  assert.equal(result, 'ask');
  assert.deepEqual(question, { hash: hashOf(planned), planned, ttlMs: TTL_MS });
  assert.deepEqual([found.verdict.decision, found.verdict.hash], ['ask', hashOf(planned)]);
  assert.deepEqual([outcome, found.conclusion], [undefined, null], 'nothing has ended');
  assert.match(say, /RESTART on shop-1 waits for a yes/);
  assert.ok('refused' in readBack(found.verdict), 'a question is no ticket');
});

test('a rollback is asked about with the release that it would go to', () => {
  const planned = plannedOf({ action: 'ROLLBACK', instance: null, version: '1.0.0' });
  const guard = GUARDS.find(({ name }) => name === 'autonomy');
  assert.ok(guard);
  const facts = factsOf({ planned, target: targetOf({ autonomy: 'approve' }) });
  const { question, say } = judge(facts, [guard], 5);
  assert.deepEqual(question, { hash: hashOf(planned), planned, ttlMs: 5 });
  assert.match(say, /ROLLBACK on shop to 1\.0\.0 waits for a yes/);
  const other = { ...planned, version: '0.9.0' };
  assert.notEqual(hashOf(other), question?.hash, 'a yes to one is none to the other');
});

test('nobody is asked about what the guards refuse anyway', async () => {
  const worlds: [World, string][] = [
    [{ halted: HALTED }, 'halt'],
    [{ targets: [targetOf({ autonomy: 'approve', actions: [] })] }, 'inventory'],
    [{ hold: HOLD }, 'person'],
    [{ silence: SILENCE }, 'person'],
    [{ silence: new Error('connect ECONNREFUSED') }, 'person'],
    [{ recent: [actionOf({ incidentId: 'inc-0' })] }, 'cooldown'],
    [{ cures: 3 }, 'flapping'],
  ];
  for (const [world, guard] of worlds) {
    const { result, question, say } = await asks(world).guard(diagnosed());
    assert.deepEqual([result, question], ['denied', undefined]);
    assert.match(say, new RegExp(`refused by ${guard}:`));
  }
});

test('a yes to exactly this is a ticket, a no ends it, an answer to something else asks anew', async () => {
  const yes = await asks({ answers: [approvalOf(APPROVED)] }).guard(diagnosed());
  assert.equal(yes.result, 'allowed');
  assert.ok(!('refused' in readBack(yes.found.verdict)));
  const rejected = await asks({ answers: [approvalOf(REJECTED)] }).guard(diagnosed());
  assert.deepEqual([rejected.result, rejected.outcome], ['denied', 'escalated']);
  for (const over of [{ attempt: 2 }, { instance: 'shop-2' }, { incidentId: 'inc-0' }]) {
    const elsewhere = { ...approvalOf(APPROVED), hash: verdictOf(over).hash };
    assert.equal((await asks({ answers: [elsewhere] }).guard(diagnosed())).result, 'ask');
  }
});

test('a yes to the verdict of before is none to what is planned now', async () => {
  const again = diagnosed({ attempts: 1, verdict: verdictOf() });
  assert.equal((await asks({ answers: [approvalOf(APPROVED)] }).guard(again)).result, 'ask');
});

test('a release and the number of instances are the service’s, whatever the diagnosis singles out', async () => {
  for (const [action, version] of [
    ['SCALE_UP', null],
    ['ROLLBACK', '1.0.0'],
  ] as const) {
    const diagnosis = diagnosisOf({ action, instance: 'shop-1', version: '1.0.0' });
    const { found } = await guardIn().guard(diagnosed({ diagnosis }));
    assert.deepEqual(found.verdict.planned, plannedOf({ action, instance: null, version }));
  }
});

test('a yes opens no other door: what the guards refuse meanwhile is refused', async () => {
  const answers = [approvalOf(APPROVED)];
  for (const world of [{ halted: HALTED }, { hold: HOLD }, { cures: 3 }])
    assert.equal((await asks({ answers, ...world }).guard(diagnosed())).result, 'denied');
  const resolved = diagnosed({ alerts: [alertOf({ status: 'resolved' })] });
  assert.equal((await asks({ answers }).guard(resolved)).outcome, 'no_action');
  assert.equal((await asks({ answers }).guard(diagnosed({ evidenceAt: ago(61) }))).result, 'stale');
});

test('just before acting the yes must be there: without it nothing is done', async () => {
  const judged = diagnosed({ verdict: verdictOf() });
  assert.equal((await asks({ answers: [approvalOf(APPROVED)] }).recheck(judged)).allowed, true);
  const word = await asks().recheck(judged);
  assert.deepEqual([word.allowed, word.gone, word.stale], [false, false, false]);
  assert.match(word.reason, /^autonomy: .*waits for a yes/);
});

test('what a guard asks for without refusing, or refuses without asking, is no question', () => {
  const facts = factsOf();
  const all = (word: { allowed: boolean; ask?: boolean }) =>
    judge(facts, [{ name: 'one', check: () => ({ reason: '', ...word }) }]).result;
  assert.equal(all({ allowed: true, ask: true }), 'allowed');
  assert.equal(all({ allowed: false }), 'denied');
  assert.equal(all({ allowed: false, ask: true }), 'ask');
  assert.equal(judge(facts, []).result, 'denied');
});

const over = () =>
  incidentOf({
    ...incidentWith({ alerts: [alertOf({ status: 'resolved' })], evidenceAt: ago(9_000) }).incident,
    diagnosis: diagnosisOf({ confidence: 0.1 }),
    verdict: verdictOf({ action: 'SCALE_UP', instance: null }),
  });

test('what we did may be taken back after its incident, of a target that allows nothing new', async () => {
  const targets = [targetOf({ actions: [], autonomy: 'observe' })];
  const word = await guardIn({ targets, cures: 9 }).recheckUndo(over(), actionOf());
  assert.equal(word.allowed, true, word.reason);
});

test('taking back stops at a halt, a person, a silence and a target that is not opted in any more', async () => {
  const worlds: [World, RegExp][] = [
    [{ halted: HALTED }, /^halt: halted by kim/],
    [{ targets: [] }, /^opt-in: .*not in the inventory/],
    [{ targets: [targetOf({ enabled: false })] }, /^opt-in: .*not opted in/],
    [{ hold: HOLD }, /^person: lee has shop/],
    [{ silence: SILENCE }, /^person: shop is silenced/],
    [{ silence: new Error('refused') }, /^person: .*cannot be told: refused/],
  ];
  for (const [world, reason] of worlds) {
    const word = await guardIn(world).recheckUndo(over(), actionOf());
    assert.deepEqual([word.allowed, word.gone, word.stale], [false, false, false]);
    assert.match(word.reason, reason);
  }
});

test('an incident that did nothing has nothing to take back', async () => {
  const undecided = incidentOf({ diagnosis: diagnosisOf() });
  await assert.rejects(guardIn().recheckUndo(undecided, actionOf()), /nothing that could be taken back/);
});

test('a question that was stored as allowed by mistake has a refusal in it, and is no ticket', () => {
  const refusal = { guard: 'autonomy', allowed: false, reason: 'waits for a yes' };
  const asked = decide(plannedOf(), [refusal], '', true);
  assert.ok('refused' in readBack({ ...asked, decision: 'allow' }));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plannedOf, verdictOf } from '../../test/builders.ts';
import { decide, hashOf, type PlannedAction, readBack, type Verdict } from './verdict.ts';

const AT = '2026-03-01T12:00:00.000Z';
const yes = { guard: 'one', allowed: true, reason: 'fine' };
const no = { guard: 'two', allowed: false, reason: 'not fine' };
/** Each field of a planned action with another value. */
const OTHERS: PlannedAction = {
  incidentId: 'inc-2',
  attempt: 2,
  action: 'ROLLBACK',
  target: 'other',
  instance: 'shop-2',
  version: '1.0.0',
};

function refusalOf(verdict: Verdict | null): string {
  const answer = readBack(verdict);
  assert.ok('refused' in answer, 'it was read back as a ticket');
  return answer.refused;
}

test('all guards allowing is an allowed verdict, one refusal a denied one', () => {
  assert.equal(decide(plannedOf(), [yes, yes], AT).decision, 'allow');
  assert.equal(decide(plannedOf(), [yes, no], AT).decision, 'deny');
  assert.equal(decide(plannedOf(), [no, yes], AT).decision, 'deny');
});

test('no guard having spoken is a denied verdict', () => {
  assert.equal(decide(plannedOf(), [], AT).decision, 'deny');
});

test('a refusal that a person may lift is a question, which is no ticket', () => {
  const asks = decide(plannedOf(), [yes, no], AT, true);
  assert.equal(asks.decision, 'ask');
  assert.match(refusalOf(asks), /does not allow/);
  assert.equal(decide(plannedOf(), [yes, yes], AT, true).decision, 'allow');
});

test('an allowed verdict is read back as it was', () => {
  const verdict = verdictOf();
  assert.deepEqual(readBack(JSON.parse(JSON.stringify(verdict))), verdict);
});

test('the hash covers every field of the planned action', () => {
  const planned = plannedOf();
  assert.deepEqual(Object.keys(OTHERS).sort(), Object.keys(planned).sort());
  for (const [field, value] of Object.entries(OTHERS))
    assert.notEqual(hashOf({ ...planned, [field]: value }), hashOf(planned), field);
  assert.equal(hashOf({ ...planned }), hashOf(planned));
});

test('the hash tells no instance from an instance of that name, and fields from their neighbours', () => {
  assert.notEqual(hashOf(plannedOf({ instance: null })), hashOf(plannedOf({ instance: 'null' })));
  const of = (instance: string | null, version: string | null) => hashOf(plannedOf({ instance, version }));
  assert.notEqual(of('1.0.0', null), of(null, '1.0.0'));
  assert.notEqual(
    hashOf(plannedOf({ target: 'a', instance: 'bc' })),
    hashOf(plannedOf({ target: 'ab', instance: 'c' })),
  );
});

test('a verdict whose action was altered after the guards spoke is refused, whatever the field', () => {
  for (const [field, value] of Object.entries(OTHERS)) {
    const verdict = verdictOf();
    const altered = { ...verdict, planned: { ...verdict.planned, [field]: value } };
    assert.match(refusalOf(altered), /altered/, field);
  }
});

test('a denied verdict, one with a refusal in it and no verdict at all are no tickets', () => {
  assert.match(refusalOf(null), /no verdict/);
  assert.match(refusalOf(decide(plannedOf(), [yes, no], AT)), /does not allow/);
  assert.match(refusalOf({ ...verdictOf(), decision: 'deny' }), /does not allow/);
  assert.match(refusalOf({ ...verdictOf(), decision: 'ask' }), /does not allow/);
  assert.match(refusalOf(decide(plannedOf(), [yes, no], AT, true)), /does not allow/);
  assert.match(refusalOf({ ...verdictOf(), checks: [yes, no] }), /does not allow/);
});

test('a stored verdict that allows without any guard having spoken is no ticket', () => {
  assert.match(refusalOf({ ...verdictOf(), checks: [] }), /does not allow/);
});

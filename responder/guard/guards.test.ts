import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, ago, alertOf, diagnosisOf, instanceOf, plannedOf, targetOf } from '../../test/builders.ts';
import type { Facts } from './facts.ts';
import {
  APPROVED,
  allows,
  approvalOf,
  HALTED,
  HOLD,
  incidentWith,
  REJECTED,
  refuses,
  SILENCE,
  say,
} from './guard.test-helper.ts';
import { GUARDS, UNDO_GUARDS } from './guards.ts';

const names = (guards: typeof GUARDS) => guards.map((guard) => guard.name);

test('the guards stand in their order, and facts without a fault pass them all', () => {
  const order = ['halt', 'inventory', 'person', 'state', 'confidence', 'preconditions', 'cooldown'];
  assert.deepEqual(names(GUARDS), [...order, 'flapping', 'authority', 'autonomy']);
  for (const guard of names(GUARDS)) {
    allows(guard, {});
    assert.ok(say(guard).reason, `${guard} gives its reason`);
  }
});

test('taking something back asks whether anybody forbids it, and for no new reason', () => {
  assert.deepEqual(names(UNDO_GUARDS), ['halt', 'opt-in', 'person']);
  const resolved = incidentWith({ alerts: [alertOf({ status: 'resolved' })], evidenceAt: null });
  const withoutReason: Partial<Facts> = {
    ...resolved,
    diagnosis: diagnosisOf({ confidence: 0, citations: [] }),
    target: targetOf({ actions: [], autonomy: 'approve', maxReplicas: 1 }),
    planned: plannedOf({ action: 'SCALE_UP', instance: null }),
  };
  for (const guard of names(UNDO_GUARDS)) allows(guard, withoutReason);
  refuses('halt', { halt: HALTED }, /halted by kim/);
  refuses('opt-in', { target: null }, /not in the inventory/);
  refuses('opt-in', { target: targetOf({ enabled: false }) }, /not opted in/);
  refuses('person', { hold: HOLD }, /lee has shop/);
});

test('halt refuses with who halted and when', () => {
  refuses('halt', { halt: { on: true, by: 'kim', at: '2026-03-01T11:00:00Z' } }, /kim.*2026-03-01T11:00/);
});

test('inventory refuses a target that is unknown, not opted in, or does not allow the action', () => {
  refuses('inventory', { target: null }, /shop is not in the inventory/);
  refuses('inventory', { target: targetOf({ enabled: false }) }, /not opted in/);
  const other = targetOf({ actions: ['SCALE_UP'] });
  refuses('inventory', { target: other }, /RESTART is not allowed.*aegis\.actions=SCALE_UP/);
  refuses('inventory', { target: targetOf({ actions: [] }) }, /aegis\.actions=none/);
});

test('inventory refuses an instance that is not of the target, and none singled out', () => {
  refuses('inventory', { planned: plannedOf({ instance: 'bank-1' }) }, /bank-1 is no instance of shop/);
  const two = targetOf({ instances: [instanceOf('shop-1'), instanceOf('shop-2')] });
  refuses('inventory', { target: two, planned: plannedOf({ instance: null }) }, /none of the 2 instances/);
});

test('inventory lets a service grow to its maximum and not beyond', () => {
  const planned = plannedOf({ action: 'SCALE_UP', instance: null });
  const of = (...ids: string[]) =>
    targetOf({ actions: ['SCALE_UP'], maxReplicas: 2, instances: ids.map(instanceOf) });
  allows('inventory', { planned, target: of('shop-1') });
  for (const ids of [
    ['shop-1', 'shop-2'],
    ['shop-1', 'shop-2', 'shop-3'],
  ])
    refuses('inventory', { planned, target: of(...ids) }, /instances already \(aegis\.max-replicas=2\)/);
});

test('inventory allows a rollback of the service as a whole, however many instances it has', () => {
  const planned = plannedOf({ action: 'ROLLBACK', instance: null, version: '1.0.0' });
  const target = targetOf({ actions: ['ROLLBACK'], maxReplicas: 1 });
  allows('inventory', { planned, target });
  allows('inventory', { planned, target: { ...target, instances: ['a', 'b', 'c'].map(instanceOf) } });
});

const OWN = ['responder', 'aegisops', 'postgres', 'prometheus', 'alertmanager', 'otel-collector', 'grafana'];

test('own parts are never targets, whatever their labels say', () => {
  for (const name of [...OWN, 'ollama']) {
    const named = { target: targetOf({ name }), planned: plannedOf({ target: name }) };
    refuses('inventory', named, /never a target/);
    refuses('opt-in', named, /never a target/);
    const hidden = targetOf({ instances: [instanceOf(name)] });
    refuses('inventory', { target: hidden, planned: plannedOf({ instance: name }) }, /never a target/);
  }
});

test('an own part is known by the name of its instance and of its Compose container too', () => {
  for (const id of ['responder-1', 'postgres-1', 'Prometheus', 'aegisops-alertmanager-1']) {
    const target = targetOf({ instances: [instanceOf(id)] });
    refuses('inventory', { target, planned: plannedOf({ instance: id }) }, /never a target/);
  }
});

test('what is done to a service as a whole would also be done to an own part among its instances', () => {
  const instances = [instanceOf('shop-1'), instanceOf('postgres-1')];
  for (const action of ['ROLLBACK', 'SCALE_UP'] as const) {
    const target = targetOf({ actions: [action], instances });
    const planned = plannedOf({ action, instance: null, version: '1.0.0' });
    refuses('inventory', { target, planned }, /postgres-1 is a part of AegisOps/);
  }
  allows('inventory', { target: targetOf({ instances }) }, 'its neighbour may be restarted');
});

test('person refuses what somebody has taken, with who and until when', () => {
  refuses('person', { hold: HOLD }, /lee has shop until 2026-03-01T12:10:00.*inc-0/);
});

test('person refuses what is silenced, and what nobody can say of whether it is', () => {
  refuses('person', { silence: SILENCE }, /shop is silenced by lee until 2026-.*"moving house"/);
  refuses('person', { silence: 'connect ECONNREFUSED' }, /cannot be told: connect ECONNREFUSED/);
  refuses('person', { silence: '' }, /cannot be told/);
});

test('state never lets a resolved alert be acted upon, and says that it is over', () => {
  const resolved = incidentWith({ alerts: [alertOf({ status: 'resolved' })] });
  refuses('state', resolved, /every alert of the incident is resolved/);
  assert.equal(say('state', resolved).gone, true);
  refuses('state', incidentWith({ alerts: [] }), /resolved/);
  allows(
    'state',
    incidentWith({ alerts: [alertOf({ status: 'resolved' }), alertOf({ fingerprint: 'f2' })] }),
  );
});

test('state refuses evidence that is too old, missing, or of no readable time', () => {
  refuses('state', incidentWith({ evidenceAt: ago(61) }), /61 s old, more than 60 s/);
  allows('state', incidentWith({ evidenceAt: ago(60) }));
  const { gone, stale } = say('state', incidentWith({ evidenceAt: ago(61) }));
  assert.deepEqual([gone, stale], [undefined, true], 'look again: it is neither over nor refused');
  assert.equal(say('state', incidentWith({ evidenceAt: null })).stale, true);
  refuses('state', incidentWith({ evidenceAt: null }), /old/);
  refuses('state', incidentWith({ evidenceAt: 'yesterday' }), /./);
});

test('evidence that is too old is gathered again, but not for ever', () => {
  const old = { evidenceAt: ago(61) };
  assert.equal(say('state', incidentWith(old)).stale, true);
  assert.equal(say('state', incidentWith({ ...old, staleRounds: 3 })).stale, false);
});

test('confidence refuses what is below the policy and allows the limit itself', () => {
  refuses('confidence', { diagnosis: diagnosisOf({ confidence: 0.69 }) }, /0\.69 is below 0\.7/);
  refuses('confidence', { diagnosis: diagnosisOf({ confidence: Number.NaN }) }, /below/);
  allows('confidence', { diagnosis: diagnosisOf({ confidence: 0.7 }) });
});

test('confidence refuses a diagnosis that cites nothing, or what was never gathered', () => {
  refuses('confidence', { diagnosis: diagnosisOf({ citations: [] }) }, /cites no evidence/);
  refuses('confidence', { diagnosis: diagnosisOf({ citations: ['E1', 'E9'] }) }, /E9.*does not exist/);
});

test('cooldown refuses after another incident acted on the target, saying how long ago', () => {
  const recentActions = [actionOf({ incidentId: 'inc-0', intendedAt: ago(40) })];
  refuses('cooldown', { recentActions }, /RESTART on shop-1 was 40 s ago, the cooldown is 300 s/);
  const unknown = [actionOf({ incidentId: 'inc-0', state: 'unknown', intendedAt: ago(40) })];
  refuses('cooldown', { recentActions: unknown }, /40 s ago/);
  allows('cooldown', { recentActions: [actionOf()] }, 'its own action is no other');
});

test('cooldown looks back only for its seconds, though it is told of the whole hour', () => {
  const other = (seconds: number) => ({
    recentActions: [actionOf({ incidentId: 'inc-0', intendedAt: ago(seconds) })],
  });
  refuses('cooldown', other(299), /299 s ago/);
  allows('cooldown', other(300));
  allows('cooldown', other(3_000));
  const both = { recentActions: [...other(3_000).recentActions, ...other(10).recentActions] };
  refuses('cooldown', both, /10 s ago/);
});

test('cooldown refuses when the cap of attempts is reached', () => {
  const second = actionOf({ id: 'act-2', attempt: 2, state: 'failed' });
  allows('cooldown', incidentWith({ actions: [actionOf()] }));
  refuses('cooldown', incidentWith({ actions: [actionOf(), second] }), /2 action.* already, the cap is 2/);
});

test('an action that was withdrawn, and the intent that a crash left, use up no attempt', () => {
  const actions = [actionOf({ state: 'withdrawn' }), actionOf({ id: 'act-2', state: 'intended' })];
  allows('cooldown', incidentWith({ attempts: 2, actions }));
});

test('flapping refuses what was cured too often and came back', () => {
  allows('flapping', { cures: 2 });
  for (const cures of [3, 9])
    refuses('flapping', { cures }, new RegExp(`cured ${cures} times within the hour`));
});

test('autonomy lets only auto act by itself, and says what would have been done', () => {
  for (const autonomy of ['observe', 'suggest'] as const) {
    const target = targetOf({ autonomy });
    refuses('autonomy', { target }, new RegExp(`${autonomy}: would have done RESTART on shop-1$`));
    const planned = plannedOf({ action: 'ROLLBACK', instance: null, version: '1.0.0' });
    refuses('autonomy', { target, planned }, /would have done ROLLBACK on shop to 1\.0\.0/);
    const approval = approvalOf(APPROVED);
    refuses('autonomy', { target, approval }, /would have done/);
    assert.ok(!say('autonomy', { target }).ask, 'nobody is asked');
  }
  refuses('autonomy', { target: targetOf({ autonomy: 'full' as 'auto' }) }, /full/);
  refuses('autonomy', { target: null }, /observe/);
});

test('autonomy approve asks, takes a yes for an answer, and a no', () => {
  const target = targetOf({ autonomy: 'approve' });
  for (const approval of [null, approvalOf()]) {
    refuses('autonomy', { target, approval }, /RESTART on shop-1 waits for a yes/);
    assert.equal(say('autonomy', { target, approval }).ask, true);
  }
  allows('autonomy', { target, approval: approvalOf(APPROVED) });
  assert.match(say('autonomy', { target, approval: approvalOf(APPROVED) }).reason, /approved by kim at 2026/);
  const rejected = { target, approval: approvalOf(REJECTED) };
  refuses('autonomy', rejected, /rejected by kim/);
  assert.ok(!say('autonomy', rejected).ask, 'it is not asked again');
});

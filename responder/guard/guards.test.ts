import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  alertOf,
  container,
  diagnosisOf,
  evidenceOf,
  exited,
  findingOf,
  incidentOf,
  instanceOf,
  logs,
  memory,
  NOW,
  plannedOf,
  targetOf,
} from '../../test/builders.ts';
import { ACTIONS, CATEGORIES } from '../incident/incident.ts';
import { type Facts, GUARDS } from './guards.ts';

/** Facts that every guard allows: memory of the only instance of a willing target is nearly full. */
function factsOf(over: Partial<Facts> = {}): Facts {
  return {
    incident: incidentOf({ evidence: evidenceOf(memory([0.5, 0.96])), evidenceAt: ago(1) }),
    diagnosis: diagnosisOf(),
    planned: plannedOf(),
    target: targetOf(),
    policy: { minConfidence: 0.7, cooldownSeconds: 300, maxAttempts: 2, staleSeconds: 60 },
    halt: { on: false, by: '', at: '' },
    recentActions: [],
    now: NOW,
    ...over,
  };
}
function say(guard: string, over: Partial<Facts> = {}) {
  const found = GUARDS.find((one) => one.name === guard);
  assert.ok(found, `there is no guard ${guard}`);
  return found.check(factsOf(over));
}
function refuses(guard: string, over: Partial<Facts>, reason: RegExp) {
  const word = say(guard, over);
  assert.equal(word.allowed, false, `${guard} allowed: ${word.reason}`);
  assert.match(word.reason, reason);
}
const incidentWith = (over: Parameters<typeof incidentOf>[0]) => ({
  incident: incidentOf({ ...factsOf().incident, ...over }),
});

test('the guards stand in their order, and facts without a fault pass them all', () => {
  const order = ['halt', 'inventory', 'state', 'confidence', 'preconditions', 'cooldown', 'autonomy'];
  assert.deepEqual(
    GUARDS.map((guard) => guard.name),
    order,
  );
  for (const guard of order) {
    const word = say(guard);
    assert.equal(word.allowed, true, `${guard}: ${word.reason}`);
    assert.ok(word.reason, `${guard} gives its reason`);
  }
});

test('halt refuses with who halted and when', () => {
  refuses('halt', { halt: { on: true, by: 'kim', at: '2026-03-01T11:00:00Z' } }, /kim.*2026-03-01T11:00/);
});

test('inventory refuses a target that is unknown, not opted in, or does not allow the action', () => {
  refuses('inventory', { target: null }, /shop is not in the inventory/);
  refuses('inventory', { target: targetOf({ enabled: false }) }, /not opted in/);
  refuses(
    'inventory',
    { target: targetOf({ actions: ['SCALE_UP'] }) },
    /RESTART is not allowed.*aegis\.actions=SCALE_UP/,
  );
  refuses('inventory', { target: targetOf({ actions: [] }) }, /aegis\.actions=none/);
});

test('inventory refuses an instance that is not of the target, and none singled out', () => {
  refuses('inventory', { planned: plannedOf({ instance: 'bank-1' }) }, /bank-1 is no instance of shop/);
  const two = targetOf({ instances: [instanceOf('shop-1'), instanceOf('shop-2')] });
  refuses('inventory', { target: two, planned: plannedOf({ instance: null }) }, /none of the 2 instances/);
});

test('own parts are never targets, whatever their labels say', () => {
  const own = [
    'responder',
    'aegisops',
    'postgres',
    'prometheus',
    'alertmanager',
    'otel-collector',
    'grafana',
  ];
  for (const name of [...own, 'ollama']) {
    const named = { target: targetOf({ name }), planned: plannedOf({ target: name }) };
    refuses('inventory', named, /never a target/);
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

test('state never lets a resolved alert be acted upon, and says that it is over', () => {
  const resolved = incidentWith({ alerts: [alertOf({ status: 'resolved' })] });
  refuses('state', resolved, /every alert of the incident is resolved/);
  assert.equal(say('state', resolved).gone, true);
  refuses('state', incidentWith({ alerts: [] }), /resolved/);
  const mixed = incidentWith({ alerts: [alertOf({ status: 'resolved' }), alertOf({ fingerprint: 'f2' })] });
  assert.equal(say('state', mixed).allowed, true);
});

const stale = (evidenceAt: string | null) => {
  const { gone, stale } = say('state', incidentWith({ evidenceAt }));
  return { gone, stale };
};
test('state refuses evidence that is too old, missing, or of no readable time', () => {
  refuses('state', incidentWith({ evidenceAt: ago(61) }), /61 s old, more than 60 s/);
  assert.equal(say('state', incidentWith({ evidenceAt: ago(60) })).allowed, true);
  assert.deepEqual(
    stale(ago(61)),
    { gone: undefined, stale: true },
    'look again: it is neither over nor refused',
  );
  assert.equal(stale(null).stale, true);
  refuses('state', incidentWith({ evidenceAt: null }), /old/);
});

test('state refuses evidence whose time cannot be read', () => {
  refuses('state', incidentWith({ evidenceAt: 'yesterday' }), /./);
});

test('confidence refuses what is below the policy and allows the limit itself', () => {
  refuses('confidence', { diagnosis: diagnosisOf({ confidence: 0.69 }) }, /0\.69 is below 0\.7/);
  refuses('confidence', { diagnosis: diagnosisOf({ confidence: Number.NaN }) }, /below/);
  assert.equal(say('confidence', { diagnosis: diagnosisOf({ confidence: 0.7 }) }).allowed, true);
});

test('confidence refuses a diagnosis that cites nothing, or what was never gathered', () => {
  refuses('confidence', { diagnosis: diagnosisOf({ citations: [] }) }, /cites no evidence/);
  refuses('confidence', { diagnosis: diagnosisOf({ citations: ['E1', 'E9'] }) }, /E9.*does not exist/);
});

test('preconditions refuse every action but a restart', () => {
  for (const action of ACTIONS.filter((one) => one !== 'RESTART'))
    refuses('preconditions', { planned: plannedOf({ action }) }, new RegExp(`${action} is not known`));
});

test('preconditions refuse every category that a restart does not clear, unknown ones among them', () => {
  const cleared = ['memory_leak', 'process_down'];
  for (const category of CATEGORIES.filter((one) => !cleared.includes(one)))
    refuses('preconditions', { diagnosis: diagnosisOf({ category }) }, new RegExp(`not clear ${category}`));
  const invented = diagnosisOf({ category: 'gremlins' as 'unknown' });
  refuses('preconditions', { diagnosis: invented }, /not clear gremlins/);
});

test('preconditions refuse a second restart of the same instance, not the first of another', () => {
  refuses('preconditions', incidentWith({ actions: [actionOf()] }), /shop-1 was tried in this incident/);
  const other = incidentWith({ actions: [actionOf({ instance: 'shop-2' })] });
  assert.equal(say('preconditions', other).allowed, true);
});

test('a restart that was withdrawn was never made', () => {
  const withdrawn = incidentWith({ actions: [actionOf({ state: 'withdrawn' })] });
  assert.equal(say('preconditions', withdrawn).allowed, true);
});

test('preconditions want cited evidence that itself shows the cause on that instance', () => {
  const down = { diagnosis: diagnosisOf({ category: 'process_down' }) };
  const cases = [
    { ...incidentWith({ evidence: evidenceOf(memory([0.96], { instance: 'shop-2' })) }) },
    { ...incidentWith({ evidence: evidenceOf(memory([0.96], { name: 'event_loop_utilization' })) }) },
    { ...incidentWith({ evidence: evidenceOf(logs('memory_utilization of shop-1 is 99 %')) }) },
    { ...incidentWith({ evidence: evidenceOf(findingOf(memory([0.96]), { status: 'error' })) }) },
    { ...incidentWith({ evidence: evidenceOf(logs('not cited is the memory'), memory([0.96])) }) },
    { ...down },
    { ...down, ...incidentWith({ evidence: evidenceOf(container({ state: 'running' })) }) },
    { ...down, ...incidentWith({ evidence: evidenceOf(exited('shop-2')) }) },
  ];
  for (const facts of cases) refuses('preconditions', facts, /no cited evidence shows/);
  const gone = { ...down, ...incidentWith({ evidence: evidenceOf(exited()) }) };
  assert.equal(say('preconditions', gone).allowed, true);
});

test('preconditions do not take memory for a leak that is far from its limit, old, or of the process before', () => {
  const old = findingOf(memory([0.96]), { at: new Date(NOW.getTime() + 16_000).toISOString() });
  const predecessor = [
    memory([0.96]),
    container({ startedAt: new Date(NOW.getTime() + 1_000).toISOString() }),
  ];
  for (const evidence of [[memory([0.1, 0.12])], [memory([0.99, 0.85])], [old], predecessor])
    refuses('preconditions', incidentWith({ evidence: evidenceOf(...evidence) }), /no cited evidence/);
});

test('cooldown refuses after another incident acted on the target, saying how long ago', () => {
  const recentActions = [actionOf({ incidentId: 'inc-0', intendedAt: ago(40) })];
  refuses('cooldown', { recentActions }, /RESTART on shop-1 was 40 s ago, the cooldown is 300 s/);
  const unknown = [actionOf({ incidentId: 'inc-0', state: 'unknown', intendedAt: ago(40) })];
  refuses('cooldown', { recentActions: unknown }, /40 s ago/);
  assert.equal(say('cooldown', { recentActions: [actionOf()] }).allowed, true, 'its own action is no other');
});

test('cooldown refuses when the cap of attempts is reached', () => {
  const second = actionOf({ id: 'act-2', attempt: 2, state: 'failed' });
  assert.equal(say('cooldown', incidentWith({ actions: [actionOf()] })).allowed, true);
  refuses(
    'cooldown',
    incidentWith({ actions: [actionOf(), second] }),
    /2 action\(s\) were tried already, the cap is 2/,
  );
});

test('an action that was withdrawn, and the intent that a crash left, use up no attempt', () => {
  const [withdrawn, intended] = [
    actionOf({ state: 'withdrawn' }),
    actionOf({ id: 'act-2', state: 'intended' }),
  ];
  assert.equal(say('cooldown', incidentWith({ attempts: 2, actions: [withdrawn, intended] })).allowed, true);
});

test('evidence that is too old is gathered again, but not for ever', () => {
  const old = { evidenceAt: ago(61) };
  assert.equal(say('state', incidentWith(old)).stale, true);
  assert.equal(say('state', incidentWith({ ...old, staleRounds: 3 })).stale, false);
});

test('autonomy lets only auto act, and says what would have been done', () => {
  for (const autonomy of ['observe', 'suggest', 'approve'] as const)
    refuses(
      'autonomy',
      { target: targetOf({ autonomy }) },
      new RegExp(`${autonomy}: would have done RESTART`),
    );
  refuses('autonomy', { target: targetOf({ autonomy: 'full' as 'auto' }) }, /full/);
  refuses('autonomy', { target: null }, /observe/);
});

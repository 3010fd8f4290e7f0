import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, ago, alertOf, diagnosisOf, incidentOf, NOW } from '../../test/builders.ts';
import type { Recovery } from '../incident/incident.ts';
import { lessonOf, makeLearn, signatureOf } from './learn.ts';

const AFTERMATH = { series: [], problem: 'Prometheus is away' };
const recovery = (result: Recovery['result'], since = ago(9)): Recovery => ({
  result,
  checks: [],
  looks: 1,
  since,
  at: NOW.toISOString(),
});
const acted = (result: Recovery['result']) =>
  incidentOf({ diagnosis: diagnosisOf(), actions: [actionOf()], recovery: recovery(result) });

test('the signature is target, alerts and cause, whatever the order and number of the alerts', () => {
  const alerts = ['B', 'A', 'B'].map((name, i) => alertOf({ name, fingerprint: `f${i}` }));
  assert.equal(signatureOf(incidentOf({ alerts, diagnosis: diagnosisOf() })), 'shop: A+B, memory_leak');
  assert.equal(
    signatureOf(incidentOf({ alerts: alerts.toReversed(), diagnosis: diagnosisOf() })),
    'shop: A+B, memory_leak',
  );
  assert.equal(signatureOf(incidentOf({ diagnosis: null })), 'shop: TargetMemorySaturated, unknown');
});

test('the signature holds no words of a model', () => {
  const words = diagnosisOf({ root_cause: 'poison', justification: 'poison', provider: 'poison' });
  assert.equal(
    signatureOf(incidentOf({ diagnosis: words })),
    signatureOf(incidentOf({ diagnosis: diagnosisOf() })),
  );
});

test('alerts that came after the first action are its echo and belong to no signature', () => {
  const echo = alertOf({ name: 'TargetDown', fingerprint: 'f2', startsAt: ago(5) });
  const incident = incidentOf({ alerts: [alertOf(), echo], actions: [actionOf({ intendedAt: ago(10) })] });
  assert.equal(signatureOf(incident), 'shop: TargetMemorySaturated, unknown');
  assert.deepEqual(lessonOf(incident).alerts, ['TargetMemorySaturated']);
});

test('an action that was proved to help counts as worked, one proved not to as failed', () => {
  assert.equal(lessonOf(acted('recovered')).worked, true);
  assert.equal(lessonOf(acted('recovered')).note, 'RESTART helped');
  assert.equal(lessonOf(acted('not_recovered')).worked, false);
  assert.equal(lessonOf(acted('not_recovered')).action, 'RESTART');
});

test('an action whose effect is not known counts neither way', () => {
  assert.equal(lessonOf(acted('unknown')).worked, null);
  assert.equal(lessonOf(incidentOf({ actions: [actionOf({ state: 'failed' })] })).worked, null);
  assert.equal(lessonOf({ ...acted('unknown'), recovery: null }).worked, null);
});

test('the verification of an earlier action says nothing about a later one', () => {
  const later = actionOf({
    id: 'act-2',
    attempt: 2,
    instance: 'shop-2',
    state: 'unknown',
    settledAt: ago(1),
  });
  const incident = { ...acted('not_recovered'), actions: [actionOf(), later] };
  assert.equal(lessonOf(incident).worked, null);
});

test('an incident that follows a close counts as failed for the action that was said to have helped', () => {
  const follows = incidentOf({
    ...{ follows: 'inc-0', signature: 'shop: TargetSlow, traffic_surge', blamed: 'SCALE_UP' },
    diagnosis: diagnosisOf({ action: 'NOOP', category: 'traffic_surge' }),
    conclusion: 'Not recovered: TargetSlow of shop still fires',
  });
  assert.deepEqual(lessonOf(follows), {
    signature: 'shop: TargetSlow, traffic_surge',
    category: 'traffic_surge',
    target: 'shop',
    alerts: ['TargetMemorySaturated'],
    action: 'SCALE_UP',
    worked: false,
    note: 'SCALE_UP did not last: Not recovered: TargetSlow of shop still fires',
  });
});

test('an incident that follows a close in which nothing was done blames no action', () => {
  const { action, worked } = lessonOf(incidentOf({ follows: 'inc-0', diagnosis: null, conclusion: 'still' }));
  assert.deepEqual([action, worked], ['NOOP', null]);
});

test('what was taken back because it did not help counts as failed', () => {
  for (const action of ['SCALE_UP', 'ROLLBACK'] as const) {
    const undo = { state: 'done', dueAt: null, detail: '', doneAt: ago(1) } as const;
    const lesson = lessonOf({ ...acted('not_recovered'), actions: [actionOf({ action, undo })] });
    assert.deepEqual([lesson.action, lesson.worked], [action, false]);
  }
});

test('nothing done is a lesson too, with the reason', () => {
  const lesson = lessonOf(incidentOf({ conclusion: 'RESTART refused by halt', diagnosis: diagnosisOf() }));
  assert.deepEqual(lesson, {
    signature: 'shop: TargetMemorySaturated, memory_leak',
    category: 'memory_leak',
    target: 'shop',
    alerts: ['TargetMemorySaturated'],
    action: 'NOOP',
    worked: null,
    note: 'nothing was done: RESTART refused by halt',
  });
});

test('learning writes lesson and postmortem, keeps the outcome, and makes a missing one escalated', async () => {
  const learn = makeLearn({ clock: () => NOW, readAftermath: async () => AFTERMATH });
  const { result, outcome, found, lesson } = await learn({ ...acted('recovered'), outcome: 'resolved' });
  assert.equal(result, 'learned');
  assert.equal(outcome, 'resolved');
  assert.equal(lesson.worked, true);
  assert.equal(found.lesson, 'RESTART helped (shop: TargetMemorySaturated, memory_leak)');
  assert.equal(found.aftermath, AFTERMATH);
  assert.match(found.postmortem, /written 2026-03-01T12:00:00\.000Z/);
  assert.match(found.postmortem, /## Lesson\n\n- RESTART helped/);
  assert.equal((await learn(incidentOf())).outcome, 'escalated');
});

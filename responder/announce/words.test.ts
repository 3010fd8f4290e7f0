import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, ago, alertOf, incidentOf, NOW } from '../../test/builders.ts';
import type { Told } from '../incident/outbox.ts';
import { wordsFor } from './words.ts';

const wordsOf = (over: Partial<Told>) =>
  wordsFor({ ...incidentOf(), timeline: [], approval: null, hold: null, ...over }, NOW);

test('where the alerts of what nobody cured have ended since, it is perhaps over, and somebody looks all the same', () => {
  const ended = alertOf({ status: 'resolved', endsAt: ago(1) });
  for (const state of ['escalated', 'failed'] as const) {
    const { over, you, mood } = wordsOf({ state, alerts: [ended], conclusion: 'nobody knows' });
    assert.equal(over, 'perhaps, its alerts have ended since: nobody knows');
    assert.equal(you, 'yes: look whether it is well, nothing proves it');
    assert.equal(mood, 'you');
    const one = wordsOf({ state, alerts: [ended, alertOf()], conclusion: 'nobody knows' });
    assert.equal(one.over, 'no: nobody knows');
    assert.equal(one.you, 'yes: look into it, nothing more is done by itself');
  }
});

test('what was closed as over and fires on is not over, and leads to the incident that goes on with it', () => {
  const firing = { state: 'resolved', followedBy: 'inc-2', alerts: [alertOf()] } as const;
  const told = wordsOf({ ...firing, alerts: [...firing.alerts] });
  assert.deepEqual(
    [told.standing, told.over, told.you, told.mood],
    [
      'not over after all',
      'no: its alerts fire on, though it was closed as over',
      'see inc-2, which goes on with it',
      'you',
    ],
  );
  const ended = wordsOf({ ...firing, alerts: [alertOf({ status: 'resolved', endsAt: ago(1) })] });
  assert.deepEqual([ended.over, ended.mood], ['yes, and proved', 'over'], 'since they ended');
});

test('what could not be taken back is a person’s, however well it ended', () => {
  const undo = { state: 'failed', dueAt: null, detail: '', doneAt: ago(1) } as const;
  const actions = [actionOf({ action: 'SCALE_UP', instance: 'shop-2', undo })];
  const { you, mood } = wordsOf({ state: 'resolved', actions });
  assert.deepEqual([you, mood], ['yes: SCALE_UP on shop-2 could not be taken back', 'you']);
});

test('what a person has is worked on and not over, whoever has it and whether its alerts ended or not', () => {
  const hold = {
    target: 'shop',
    by: 'kim',
    incidentId: 'inc-1',
    since: ago(5),
    until: '2999-01-01T00:00:00Z',
  };
  for (const state of ['escalated', 'failed'] as const)
    for (const alert of [alertOf(), alertOf({ status: 'resolved', endsAt: ago(1) })])
      assert.equal(wordsOf({ state, hold, alerts: [alert] }).mood, 'working', state);
  assert.equal(wordsOf({ state: 'escalated', alerts: [alertOf()] }).mood, 'you', 'nobody has it');
  assert.equal(wordsOf({ state: 'resolved', hold, alerts: [alertOf()] }).mood, 'over');
});

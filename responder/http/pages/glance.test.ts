import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, ago, alertOf, diagnosisOf, incidentOf, NOW, plannedOf } from '../../../test/builders.ts';
import { decide } from '../../incident/verdict.ts';
import type { WholeIncident } from '../whole-incident.ts';
import { glance } from './glance.ts';
import { render } from './html.ts';

/** The four answers, without their markup. */
function answers(over: Partial<WholeIncident>): string[] {
  const incident = { ...incidentOf(), timeline: [], approval: null, hold: null, ...over };
  return [...render(glance(incident, NOW)).matchAll(/<dd>(.*?)<\/dd>/gs)].map((match) =>
    (match[1] ?? '').replaceAll(/<[^>]+>/g, ''),
  );
}

test('while nothing is known yet the alert says what broke', () => {
  const alerts = [alertOf({ annotations: { summary: 'memory at 97 % of its limit' } })];
  assert.deepEqual(answers({ alerts }), [
    'memory at 97 % of its limit',
    'Nothing yet',
    'Not yet: it began at 2026-03-01 11:59:30 UTC',
    'No',
  ]);
});

test('of one that is over: what was done, and how long it took', () => {
  const over = {
    state: 'resolved',
    closedAt: ago(25),
    diagnosis: diagnosisOf(),
    actions: [actionOf()],
  } as const;
  assert.deepEqual(answers({ ...over, actions: [...over.actions] }), [
    'shop-1 holds memory (memory leak)',
    'RESTART of shop-1',
    'Yes, proved by measurements, 5.0 s after it began',
    'No',
  ]);
});

test('whoever is needed is told so, why, and where to read more', () => {
  const checks = [{ guard: 'halt', allowed: false, reason: 'kim has halted all actions' }];
  const verdict = decide(plannedOf(), checks, ago(1));
  const alerts = [alertOf({ annotations: { runbook_url: 'https://example.org/TargetDown' } })];
  const state = { state: 'escalated', closedAt: ago(1), conclusion: 'refused by halt' } as const;
  const [, done, over, todo] = answers({ ...state, verdict, alerts });
  assert.equal(done, 'Nothing: kim has halted all actions');
  assert.equal(over, 'No, as far as is known');
  assert.equal(todo, 'Yes: refused by halt (what the alert means)');
});

test('what was closed as over and fires on is not over, and leads to the incident that goes on with it', () => {
  const ofOver = { closedAt: ago(5), followedBy: 'inc-2', conclusion: 'RESTART helped' };
  for (const state of ['resolved', 'no_action'] as const) {
    const [, , over, todo] = answers({ ...ofOver, state, alerts: [alertOf()] });
    assert.equal(over, 'No: its alerts fire on, though it was closed as over');
    assert.equal(todo, 'See inc-2, which goes on with it');
    const alerts = [alertOf({ status: 'resolved', endsAt: ago(1) })];
    assert.match(answers({ ...ofOver, state, alerts })[2] ?? '', /^Yes/, 'since they ended');
  }
});

test('where the alerts of what nobody cured have ended since, somebody looks all the same', () => {
  for (const state of ['escalated', 'failed'] as const) {
    const alerts = [alertOf({ status: 'resolved', endsAt: ago(1) })];
    const [, , over, todo] = answers({ state, closedAt: ago(5), alerts, conclusion: 'nobody knows' });
    assert.equal(over, 'Perhaps: its alerts have ended since, and nothing proves why');
    assert.equal(todo, 'Yes: look whether it is well. nobody knows');
    const one = answers({ state, closedAt: ago(5), alerts: [...alerts, alertOf()] });
    assert.equal(one[2], 'No, as far as is known');
  }
});

test('what could not be taken back is a person’s, however well it ended', () => {
  const undo = { state: 'failed', dueAt: null, detail: 'the engine is gone', doneAt: ago(1) } as const;
  const actions = [actionOf({ action: 'SCALE_UP', instance: 'shop-2', undo })];
  assert.equal(
    answers({ state: 'resolved', closedAt: ago(5), actions })[3],
    'Yes: SCALE_UP of shop-2 could not be taken back: the engine is gone',
  );
});

test('an alert leads to a page, never to a script', () => {
  const state = { state: 'failed', closedAt: ago(1) } as const;
  for (const runbook_url of ['javascript:alert(1)', 'data:text/html,x', ' https://x', 'https://'])
    assert.ok(
      !answers({ ...state, alerts: [alertOf({ annotations: { runbook_url } })] })[3]?.includes('means'),
    );
});

test('who is asked has to answer, and who has it need not be somebody else', () => {
  const approval = {
    hash: 'a',
    planned: plannedOf(),
    askedAt: ago(1),
    expiresAt: ago(-60),
    decision: null,
    by: null,
    at: null,
  };
  const state = 'awaiting_approval';
  assert.equal(answers({ state, approval })[3], 'Yes: say yes or no by 2026-03-01 12:01:00 UTC');
  assert.equal(answers({ state, approval: { ...approval, expiresAt: ago(0) } })[3], 'No');
  const hold = { target: 'shop', by: 'kim', incidentId: 'inc-1', since: ago(1), until: ago(-60) };
  assert.equal(answers({ state: 'escalated', hold })[3], 'No: kim has it until 2026-03-01 12:01:00 UTC');
});

test('an action that nobody can be sure of, or that was taken back, is told as such', () => {
  const undo = { state: 'done', dueAt: null, detail: '', doneAt: ago(1) } as const;
  assert.equal(
    answers({ actions: [actionOf({ state: 'unknown' })] })[1],
    'RESTART of shop-1: nobody can tell whether it was done',
  );
  const two = [actionOf(), actionOf({ id: 'act-2', action: 'SCALE_UP', instance: 'shop-2', undo })];
  assert.equal(answers({ actions: two })[1], 'SCALE_UP of shop-2, taken back since (2 were tried)');
});

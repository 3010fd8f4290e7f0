import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  alertOf,
  diagnosisOf,
  evidenceOf,
  findingOf,
  incidentOf,
  memory,
  NOW,
  plannedOf,
} from '../../../test/builders.ts';
import type { Incident } from '../../incident/incident.ts';
import { decide } from '../../incident/verdict.ts';
import type { WholeIncident } from '../whole-incident.ts';
import { incidentPage } from './incident.ts';
import { alertRunbookPage } from './runbook-page.ts';

const HOSTILE = `"><img src=x onerror='alert(1)'><script>alert(2)</script>`;

/** An incident in which every word that can come from outside is hostile. */
function hostileIncident(): Incident {
  const planned = plannedOf({ target: HOSTILE, instance: HOSTILE });
  return incidentOf({
    id: HOSTILE,
    target: HOSTILE,
    alerts: [alertOf({ name: HOSTILE, annotations: { summary: HOSTILE } })],
    conclusion: HOSTILE,
    lesson: HOSTILE,
    postmortem: HOSTILE,
    evidence: evidenceOf(findingOf(memory([1]), { source: HOSTILE, query: HOSTILE, reading: HOSTILE })),
    diagnosis: diagnosisOf({
      root_cause: HOSTILE,
      justification: HOSTILE,
      provider: HOSTILE,
      citations: [HOSTILE],
    }),
    verdict: decide(planned, [{ guard: HOSTILE, allowed: false, reason: HOSTILE }], ''),
    actions: [
      actionOf({
        instance: HOSTILE,
        runtime: HOSTILE,
        detail: HOSTILE,
        before: { ...actionOf().before, lastOutput: HOSTILE },
      }),
    ],
    recovery: {
      result: 'unknown',
      checks: [{ name: HOSTILE, result: 'fail', reading: HOSTILE }],
      looks: 1,
      since: '',
      at: '',
    },
  });
}
/** What a person was asked and said, all of it hostile. */
function hostileWords(): Partial<WholeIncident> {
  const planned = plannedOf({ target: HOSTILE, instance: HOSTILE, version: HOSTILE });
  return {
    approval: {
      hash: HOSTILE,
      planned,
      askedAt: ago(9),
      expiresAt: ago(-60),
      decision: null,
      by: HOSTILE,
      at: ago(1),
    },
    hold: { target: HOSTILE, by: HOSTILE, incidentId: HOSTILE, since: ago(1), until: ago(-60) },
    follows: HOSTILE,
  };
}
const pageOf = (incident: Incident, over: Partial<WholeIncident> = {}, asksToken = false) =>
  incidentPage({ ...incident, timeline: [], approval: null, hold: null, ...over }, { asksToken, now: NOW });
function isHarmless(page: string) {
  assert.ok(!/<(img|script(?! src="\/live\.js" defer><))/i.test(page), 'a tag from outside is live');
  assert.ok(!/="[^"]*'alert\(1\)'/.test(page), 'an attribute was left');
}

test('no word from outside becomes markup on the page of an incident', () => {
  const timeline = [
    { at: ago(1), stage: 'gather', state: 'diagnosing', kind: HOSTILE, text: HOSTILE, ms: 1 } as const,
  ];
  const page = pageOf(hostileIncident(), { timeline, ...hostileWords() });
  isHarmless(page);
  const state = { state: 'awaiting_approval', hold: null } as const;
  isHarmless(pageOf(hostileIncident(), { ...hostileWords(), ...state }, true));
  assert.ok((page.match(/&#60;script&#62;/g)?.length ?? 0) > 15, 'the words are there, escaped');
});

test('the page of an incident tells each part that there is, and leaves out what there is not', () => {
  const headings = (page: string) => [...page.matchAll(/<h2>([^<]*)/g)].map((match) => match[1]);
  const bare = pageOf(incidentOf());
  assert.deepEqual(headings(bare), ['Timeline (UTC)', 'Take it along']);
  const page = pageOf(hostileIncident());
  assert.deepEqual(headings(page), [
    'Diagnosis',
    'Verdict: not allowed',
    'Action',
    'Recovery: unknown',
    'Lesson',
    'Evidence',
    'Timeline (UTC)',
    'Take it along',
  ]);
});

test('the page lives by its own id; without scripts it stays as it is, so that no form is emptied, and says so', () => {
  const page = pageOf(incidentOf());
  assert.match(page, /<body data-live="inc-1">/);
  assert.match(page, /<noscript>load it again for news<\/noscript>/);
  assert.doesNotMatch(page, /http-equiv/);
});

test('each part is a section of its own, so that only what has changed is put in the place of the old', () => {
  const page = pageOf(hostileIncident());
  const ids = [...page.matchAll(/<section id="(\w+)">/g)].map((match) => match[1]);
  const all =
    'glance question keeping diagnosis verdict actions recovery lesson evidence patterns timeline downloads';
  const expected = all.split(' ').filter((id) => !['question', 'patterns'].includes(id));
  assert.deepEqual(ids, expected);
});

/** An incident that waits for a word on a restart, for a minute from now. */
const waiting = (over: Partial<WholeIncident> = {}, asksToken = true) => {
  const checks = [
    { guard: 'halt', allowed: true, reason: 'no halt is set' },
    { guard: 'autonomy', allowed: false, reason: 'RESTART on shop-1 waits for a yes' },
  ];
  const verdict = decide(plannedOf(), checks, ago(1), true);
  const { hash, planned } = verdict;
  const approval = {
    hash,
    planned,
    askedAt: ago(1),
    expiresAt: ago(-60),
    decision: null,
    by: null,
    at: null,
  };
  const incident = incidentOf({
    state: 'awaiting_approval',
    stage: 'approve',
    diagnosis: diagnosisOf(),
    verdict,
  });
  return pageOf(incident, { approval, ...over }, asksToken);
};

test('an incident that waits tells what would be done, why and until when, and can be answered', () => {
  const page = waiting();
  assert.match(page, /RESTART on shop-1 of shop/);
  assert.match(page, /shop-1 holds memory\. it rose \(memory leak, confidence 0\.9, by rules\)/);
  assert.match(page, /1 passed: halt\. RESTART on shop-1 waits for a yes/);
  assert.match(page, /2026-03-01 12:01:00<\/time> UTC; without an answer by then/);
  assert.match(page, /Verdict: a person is asked/);
  assert.equal(page.match(/<form method="post" action="\/incidents\/inc-1\/decide">/g)?.length, 3);
  assert.deepEqual(
    [...page.matchAll(/name="decision" value="(\w+)"/g)].map((match) => match[1]),
    ['approve', 'reject', 'take'],
  );
  assert.equal(page.match(/type="password"/g)?.length, 3);
  assert.ok(!waiting({}, false).includes('type="password"'), 'where no token is set none is asked for');
  assert.ok(!/<script(?! src)|style=|onclick/.test(page), 'nothing that the CSP would stop');
});

test('what is answered, lapsed or taken can be answered no more', () => {
  const asked = { hash: 'a', planned: plannedOf(), askedAt: ago(90), expiresAt: ago(-60) };
  const open = { decision: null, by: null, at: null };
  const hold = { target: 'shop', by: 'kim', incidentId: 'inc-1', since: ago(1), until: ago(-60) };
  const pages = {
    answered: waiting({ approval: { ...asked, decision: 'rejected', by: 'kim', at: ago(1) } }),
    lapsed: waiting({ approval: { ...asked, ...open, expiresAt: ago(0) } }),
    taken: waiting({ approval: { ...asked, ...open }, hold }),
    past: pageOf(incidentOf({ state: 'escalated', closedAt: ago(1) }), { approval: { ...asked, ...open } }),
  };
  for (const [which, page] of Object.entries(pages)) assert.ok(!/value="(approve|reject)"/.test(page), which);
  assert.match(pages.answered, /asked about RESTART on shop-1 of shop: .*rejected.* by kim at/);
  assert.match(pages.lapsed, /nobody said yes or no; the question was good until/);
  assert.match(pages.taken, /kim has it.*nothing is done to shop until/);
});

test('the page tells what was or will be taken back, and what the incident follows', () => {
  const undoOf = (undo: NonNullable<ReturnType<typeof actionOf>['undo']>) =>
    pageOf(incidentOf({ actions: [actionOf({ undo })] }));
  const due = { state: 'due', dueAt: ago(-900), detail: '', doneAt: null } as const;
  assert.match(undoOf(due), /It is taken back at .*12:15:00<\/time> UTC\.<\/p>/);
  assert.match(undoOf({ ...due, detail: 'still needed' }), /UTC\. Put off: still needed/);
  const done = { ...due, state: 'done', doneAt: ago(0), detail: 'shop-2 is stopped' } as const;
  assert.match(undoOf(done), /It was taken back at .*12:00:00<\/time> UTC: shop-2 is stopped/);
  assert.match(
    undoOf({ ...done, state: 'failed', detail: 'no answer' }),
    /could not be taken back.*: no answer/,
  );
  const page = pageOf(incidentOf({ follows: 'inc-0' }));
  assert.match(page, /still fire after <a href="\/incidents\/inc-0">inc-0<\/a> was closed as over/);
});

test('the runbook of an alert is rendered, and its links to others lead to their pages', async () => {
  const page = await alertRunbookPage('TargetDown', '# TargetDown\n\nSee [that](ResponderSilent.md).');
  assert.match(page, /<h1>TargetDown<\/h1>/);
  assert.match(page, /<a href="\/runbooks\/ResponderSilent">that<\/a>/);
});

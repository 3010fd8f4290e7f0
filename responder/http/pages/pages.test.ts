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
  plannedOf,
} from '../../../test/builders.ts';
import type { IncidentSummary } from '../../incident/archive.ts';
import type { Incident } from '../../incident/incident.ts';
import { decide } from '../../incident/verdict.ts';
import { incidentPage } from './incident.ts';
import { incidentListPage, runbookPage } from './lists.ts';
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
const summaryOf = (over: Partial<IncidentSummary> = {}): IncidentSummary => ({
  id: 'inc-1',
  target: 'shop',
  state: 'resolved',
  stage: 'closed',
  outcome: 'resolved',
  attempts: 1,
  retries: 0,
  startsAt: ago(60),
  openedAt: ago(50),
  closedAt: ago(40),
  traceparent: null,
  alertname: 'TargetDown',
  conclusion: 'it helped',
  ...over,
});
function isHarmless(page: string) {
  assert.ok(!/<(img|script)/i.test(page), 'a tag from outside is live');
  assert.ok(!/="[^"]*'alert\(1\)'/.test(page), 'an attribute was left');
}

test('no word from outside becomes markup on the page of an incident', () => {
  const timeline = [
    { at: ago(1), stage: 'gather', state: 'diagnosing', kind: HOSTILE, text: HOSTILE, ms: 1 } as const,
  ];
  const page = incidentPage({ ...hostileIncident(), timeline });
  isHarmless(page);
  assert.ok((page.match(/&#60;script&#62;/g)?.length ?? 0) > 15, 'the words are there, escaped');
});

test('no word from outside becomes markup in the lists, nor in the runbook', () => {
  const hostile = summaryOf({ id: HOSTILE, target: HOSTILE, alertname: HOSTILE, conclusion: HOSTILE });
  isHarmless(incidentListPage([hostile], HOSTILE));
  const entry = {
    signature: HOSTILE,
    action: 'RESTART',
    category: 'unknown',
    target: HOSTILE,
    succeeded: 1,
    failed: 2,
    note: HOSTILE,
    lastSeen: ago(1),
  } as const;
  isHarmless(runbookPage([entry]));
});

test('the page of an incident tells each part that there is, and leaves out what there is not', () => {
  const headings = (page: string) => [...page.matchAll(/<h2>([^<]*)/g)].map((match) => match[1]);
  const bare = incidentPage({ ...incidentOf(), timeline: [] });
  assert.deepEqual(headings(bare), ['Timeline (UTC)']);
  const page = incidentPage({ ...hostileIncident(), timeline: [] });
  assert.deepEqual(headings(page), [
    'Diagnosis',
    'Verdict: not allowed',
    'Action',
    'Recovery: unknown',
    'Lesson',
    'Evidence',
    'Timeline (UTC)',
  ]);
});

test('only an incident that is still going on loads itself anew', () => {
  const refreshes = (over: Partial<Incident>) =>
    incidentPage({ ...incidentOf(over), timeline: [] }).includes('http-equiv="refresh"');
  assert.equal(refreshes({}), true);
  assert.equal(refreshes({ closedAt: ago(1) }), false);
});

test('the list says how many are open, and leads to the next page', () => {
  assert.match(incidentListPage([], null), /Nothing is wrong[\s\S]*No incident yet/);
  assert.match(incidentListPage([summaryOf()], null), /<h1>Nothing is wrong<\/h1>/);
  const open = summaryOf({ state: 'verifying', closedAt: null });
  assert.match(incidentListPage([open, summaryOf()], null), /<h1>1 open incident<\/h1>/);
  assert.match(incidentListPage([open, open], 'a_b&c'), /<h1>2 open incidents<\/h1>[\s\S]*cursor=a_b%26c/);
  assert.ok(!incidentListPage([open], null).includes('Older'));
  const halt = { on: true, by: '<kim>', at: '2026-01-01T00:00:00.000Z' };
  assert.match(incidentListPage([], null, halt), /Halted[\s\S]*by &#60;kim&#62; at/);
  assert.ok(!incidentListPage([], null, { ...halt, on: false }).includes('Halted'));
});

test('the runbook of an alert is rendered, and its links to others lead to their pages', async () => {
  const page = await alertRunbookPage('TargetDown', '# TargetDown\n\nSee [that](ResponderSilent.md).');
  assert.match(page, /<h1>TargetDown<\/h1>/);
  assert.match(page, /<a href="\/runbooks\/ResponderSilent">that<\/a>/);
});

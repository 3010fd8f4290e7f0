import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  diagnosisOf,
  evidenceOf,
  findingOf,
  incidentOf,
  memory,
  NOW,
} from '../../../test/builders.ts';
import type { Incident } from '../../incident/incident.ts';
import { evidenceList, mainChart, marksOf } from './evidence.ts';
import { type Html, render } from './html.ts';
import { spans, steps } from './stages.ts';

const text = (part: Html | null) => (part ? render(part) : '');
const seconds = NOW.getTime() / 1000;
const evidence = evidenceOf(
  findingOf({ kind: 'failure' }, { status: 'error', source: 'logs', reading: 'logs failed' }),
  memory([0.3, 0.5, 0.97]),
  {
    kind: 'alert',
    expression: 'x',
    holds: true,
    value: 1,
    objective: { sli: 'memory_utilization', threshold: 0.85 },
  },
);
const over: Partial<Incident> = {
  evidence,
  evidenceAt: ago(0),
  diagnosis: diagnosisOf({ citations: ['E2'] }),
};

test('each item has its id, how it was read, and whether it is cited; a failure is told', () => {
  const list = text(evidenceList(incidentOf(over)));
  assert.match(
    list,
    /<li id="E1"><p><strong>E1<\/strong> logs <span class="state busy">error<\/span><br>logs failed/,
  );
  assert.match(list, /<li id="E2"><p><strong>E2<\/strong> signal <span class="state good">cited/);
  assert.match(list, /How it was read<\/summary><code>query of signal<\/code>/);
  assert.equal(list.match(/<svg class="chart/g)?.length, 1);
  assert.match(list, /<line class="limit" x1/, 'the alert tells the limit');
});

test('a chart goes on after the action, where that was read', () => {
  const later: [number, number][] = [
    [seconds - 5, 0.9],
    [seconds + 20, 0.2],
  ];
  const aftermath = { series: [{ evidence: 'E2', series: later }], problem: null };
  const page = text(evidenceList(incidentOf({ ...over, aftermath })));
  assert.match(page, /from 30 % to 20 %/);
  assert.match(text(evidenceList(incidentOf(over))), /from 30 % to 97 %/);
  const problem = text(
    evidenceList(incidentOf({ ...over, aftermath: { series: [], problem: 'no answer' } })),
  );
  assert.match(problem, /Not all could be read again at its end: no answer/);
});

test('the first series that is cited is shown large', () => {
  assert.match(text(mainChart(incidentOf(over))), /<a href="#E2">E2<\/a>[\s\S]*class="chart large"/);
  assert.equal(mainChart(incidentOf({ ...over, diagnosis: diagnosisOf({ citations: ['E1', 'E9'] }) })), null);
});

test('marks: where it began, what was done, and the recovery that was proved', () => {
  const recovery = { result: 'recovered', checks: [], looks: 1, since: ago(9), at: ago(2) } as const;
  const withdrawn = actionOf({ id: 'w', state: 'withdrawn' });
  const marks = marksOf(
    incidentOf({ actions: [actionOf(), withdrawn], recovery: { ...recovery, checks: [] } }),
  );
  assert.deepEqual(
    marks.map(({ kind, at }) => [kind, seconds - at]),
    [
      ['onset', 30],
      ['action', 10],
      ['recovery', 2],
    ],
  );
  assert.equal(marksOf(incidentOf({ recovery: { ...recovery, checks: [], result: 'unknown' } })).length, 1);
  assert.equal(marksOf(incidentOf({ state: 'no_action', closedAt: ago(1) })).at(-1)?.name, 'over');
});

test('the steps say how far it is, also of one that ended before anything was done', () => {
  const event = { at: ago(1), stage: 'gather', kind: 'x', text: 'y', ms: 400 } as const;
  const escalated = text(steps({ state: 'escalated', timeline: [{ ...event, state: 'diagnosing' }] }));
  assert.deepEqual(
    [...escalated.matchAll(/<li class="(\w*)">([\w ]+)/g)].map((m) => `${m[2]}: ${m[1]}`),
    ['Anomaly: past', 'AI Brain: past', 'Action: ', 'Verification: ', 'A person is needed: needs'],
  );
  const waiting = text(steps({ state: 'awaiting_approval', timeline: [] }));
  assert.match(waiting, /class="present">AI Brain<br><span class="quiet">now/);
});

test('stages are bars over time; what took no time is no bar', () => {
  const event = { stage: 'gather', state: 'diagnosing', kind: 'x', text: 'y' } as const;
  assert.equal(spans([{ ...event, at: ago(1), ms: null }]), null);
  const drawn = text(
    spans([
      { ...event, at: ago(9), ms: 1_000 },
      { ...event, at: ago(5), stage: 'verify', ms: 5_000 },
      { ...event, at: ago(0), stage: 'verify', ms: 0 },
    ]),
  );
  assert.deepEqual(
    [...drawn.matchAll(/<text x="0"[^>]*>(\w+)/g)].map((m) => m[1]),
    ['gather', 'verify'],
  );
  assert.equal(drawn.match(/<rect/g)?.length, 3);
  assert.match(drawn, />1\.0 s<[\s\S]*>5\.0 s</);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  alertOf,
  diagnosisOf,
  evidenceOf,
  findingOf,
  incidentOf,
  memory,
  NOW,
  verdictOf,
} from '../../test/builders.ts';
import type { Incident } from '../incident/incident.ts';
import { postmortem } from './postmortem.ts';

const write = (over: Partial<Incident> = {}) => postmortem(incidentOf(over), NOW);
const full = (over: Partial<Incident> = {}): Partial<Incident> => ({
  outcome: 'resolved',
  conclusion: 'RESTART on shop-1 helped',
  evidence: evidenceOf(memory([0.5, 0.96])),
  diagnosis: diagnosisOf(),
  verdict: verdictOf(),
  actions: [actionOf()],
  recovery: {
    result: 'recovered',
    checks: [{ name: 'health', result: 'pass', reading: 'answers 200' }],
    looks: 1,
    since: '',
    at: '',
  },
  lesson: 'RESTART helped',
  ...over,
});
/** Lines that begin a heading, and links, images or tags anywhere. */
const markup = (text: string) => ({
  headings: text.split('\n').filter((line) => /^\s*#|^\s*(=+|-+)\s*$/.test(line)),
  live: text.match(/(?<!\\)[<[`|]/g) ?? [],
});

test('every part of the incident is told, in the order in which it happened', () => {
  const text = write(full());
  const headings = ['What broke', 'Evidence', 'Diagnosis', 'Verdict', 'Action', 'Recovery', 'Lesson'];
  assert.deepEqual(markup(text).headings, [
    '# inc-1: TargetMemorySaturated on shop',
    ...headings.map((heading) => `## ${heading}`),
  ]);
  for (const words of [
    '**resolved**',
    'E1 reading of signal',
    'confidence 0.9',
    'yes, all: fine',
    'RESTART on shop-1: done',
    'pass, health: answers 200',
  ])
    assert.ok(text.includes(words), words);
});

test('an incident of which nothing is known yet is a page too', () => {
  const text = write({ alerts: [] });
  assert.match(text, /^# inc-1: alert on shop/);
  assert.match(text, /Outcome: \*\*open\*\*/);
  assert.equal(text.match(/- nothing/g)?.length, 7);
});

test('words from outside become neither headings, links, tags, tables nor code', () => {
  const hostile =
    '\n# Resolved\n\n[click](http://evil) <img src=x onerror=alert(1)> `rm` | a | **b** _c_ \\[d](e)';
  const text = write(
    full({
      alerts: [alertOf({ annotations: { summary: hostile } })],
      evidence: evidenceOf(findingOf(memory([1]), { reading: hostile, query: hostile })),
      diagnosis: diagnosisOf({ root_cause: hostile, justification: hostile }),
      actions: [actionOf({ detail: hostile })],
      lesson: hostile,
    }),
  );
  assert.equal(markup(text).headings.length, 8);
  assert.deepEqual(markup(text).live, []);
  assert.ok(!text.includes('](http') || text.includes('\\]('), 'no link is made');
  assert.ok(text.includes('\\*\\*b\\*\\*') && text.includes('\\_c\\_') && text.includes('\\\\\\[d'));
});

test('the title and the conclusion are words from outside too', () => {
  const hostile = 'x\n# Resolved\n<img src=x onerror=alert(1)>';
  const text = write(full({ target: hostile, conclusion: hostile, alerts: [alertOf({ name: hostile })] }));
  assert.equal(markup(text).headings.length, 8);
  assert.deepEqual(markup(text).live, []);
});

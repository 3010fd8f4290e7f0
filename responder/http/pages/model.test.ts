import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosisOf, incidentOf, NOW } from '../../../test/builders.ts';
import type { Asked, Diagnosis, RulesWord } from '../../incident/incident.ts';
import { IncidentAnswer } from '../answers.ts';
import { incidentPage } from './incident.ts';

const asked = (over: Partial<Asked> = {}): Asked => ({
  ...{ model: 'gemini-2.5-flash', promptVersion: '1', promptHash: 'abc123', answer: '{"action":"RESTART"}' },
  ...{ cached: false, calls: 2, tokens: { in: 900, out: 100 }, usd: 0.0019, ms: 1_234, flags: [] },
  lookUps: [{ tool: 'promql', arguments: '{"query":"up"}', result: 'up gives 1' }],
  ...over,
});
const RULES: RulesWord = {
  ...{ category: 'unknown', action: 'NOOP', instance: null, version: null, confidence: 0.2 },
  root_cause: 'not known',
};
const whole = (diagnosis: Diagnosis) => ({
  ...incidentOf({ diagnosis }),
  ...{ timeline: [], approval: null, hold: null },
});
const pageOf = (over: Partial<Diagnosis>) =>
  incidentPage(whole(diagnosisOf({ provider: 'gemini', ...over })), { asksToken: false, now: NOW });

test('a model’s diagnosis shows what it was asked and said, what it cost, and what the rules say', () => {
  const page = pageOf({ authority: 'cloud', asked: asked(), rules: RULES });
  for (const words of [
    'gemini-2.5-flash: 2 call(s), 900 tokens in and 100 out, 0.0019 dollars, 1.2 s',
    'hash <code>abc123</code>',
    'up gives 1',
    'The rules say otherwise',
    'unknown, NOOP, confidence 0.2. not known',
  ])
    assert.ok(page.includes(words), words);
  assert.match(
    pageOf({
      authority: 'cloud',
      asked: asked(),
      rules: { ...RULES, category: 'memory_leak', action: 'RESTART' },
    }),
    /The rules agree/,
  );
  assert.match(pageOf({ authority: 'cloud', asked: asked({ cached: true }) }), /not asked again/);
});

test('that the evidence speaks to the reader is told, and what follows', () => {
  const page = pageOf({ authority: 'flagged', asked: asked({ flags: ['order'] }), rules: RULES });
  assert.match(page, /words that speak to it.*speaks to the reader \(order\)/s);
});

test('who was passed over is told with the reason, and what was asked', () => {
  const fallthrough = [
    { provider: 'gemini', reason: 'its answer is no JSON', asked: asked({ answer: 'Restart it.' }) },
    { provider: 'ollama', reason: 'no model is named' },
  ];
  const page = pageOf({ provider: 'rules', fallthrough });
  for (const words of ['gemini: its answer is no JSON', 'Restart it.', 'ollama: no model is named'])
    assert.ok(page.includes(words), words);
  assert.ok(!pageOf({ provider: 'rules' }).includes('Passed over'));
});

test('no word of a model becomes markup', () => {
  const evil = '<script>alert(1)</script>';
  const hostile = asked({
    model: evil,
    answer: evil,
    flags: [evil],
    lookUps: [{ tool: evil, arguments: evil, result: evil }],
  });
  const fallthrough = [{ provider: evil, reason: evil, asked: hostile }];
  const page = pageOf({
    authority: 'local',
    asked: hostile,
    rules: { ...RULES, root_cause: evil },
    fallthrough,
  });
  assert.ok(!page.includes('<script>alert'));
  assert.ok((page.match(/&#60;script&#62;/g)?.length ?? 0) > 10);
});

test('the API tells all of it', () => {
  const fallthrough = [
    { provider: 'openai', reason: 'r', why: 'timeout' as const, asked: asked({ answer: null }) },
  ];
  const incident = whole(diagnosisOf({ authority: 'cloud', asked: asked(), rules: RULES, fallthrough }));
  assert.deepEqual(IncidentAnswer.parse(incident).diagnosis, incident.diagnosis);
});

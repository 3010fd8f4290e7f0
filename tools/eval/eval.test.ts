import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { diagnoseByRules } from '../../responder/diagnose/diagnose.ts';
import { COUNTS, type Kept, keptOf, worseThan } from './counts.ts';
import { evaluate } from './evaluate.ts';
import { reportOf } from './report.ts';
import { readScenarios, type Scenario } from './scenarios.ts';
import { actionLabels, calibrationOf, countsOf, type Judged } from './score.ts';

const RULES = [{ name: 'rules', diagnose: diagnoseByRules }];
const scenarios = await readScenarios(dirname(COUNTS));
const evaluation = await evaluate(scenarios, { providers: RULES });

test('rules alone: no count is worse than what was reached before (npm run eval -- --keep)', async () => {
  const kept = JSON.parse(await readFile(COUNTS, 'utf8')) as Kept;
  assert.deepEqual(worseThan(kept, keptOf(evaluation)), [], reportOf(evaluation).join('\n'));
});

test('at least 95 % of the actions are right, and nothing is done where nothing is wrong or known', () => {
  const { all, rightAction, actedOnHealthy } = countsOf(evaluation.judged);
  assert.ok(rightAction >= 0.95 * all, reportOf(evaluation).join('\n'));
  assert.equal(actedOnHealthy, 0);
});

test('there are at least 60 scenarios, a third of them healthy, misleading or unanswerable', () => {
  const notClear = scenarios.filter(({ expected }) => expected.kind !== 'clear').length;
  assert.ok(scenarios.length >= 60);
  assert.ok(notClear >= scenarios.length / 3, `${notClear} of ${scenarios.length}`);
});

test('whoever always says the same is far worse: the scenarios tell good from bad', async () => {
  for (const action of ['NOOP', 'RESTART'] as const) {
    const always = [{ name: 'always', diagnose: () => ({ ...ANSWER, action }) }];
    const { judged } = await evaluate(scenarios, { providers: always });
    assert.ok(countsOf(judged).rightAction < 0.6 * judged.length, action);
  }
});

const ANSWER = {
  ...{ instance: null, version: null, root_cause: '', justification: '', confidence: 0.9 },
  category: 'unknown' as const,
  citations: [],
};
const judgedOf = (
  action: 'NOOP' | 'RESTART',
  target: string,
  said: 'NOOP' | 'RESTART',
  confidence = 0.8,
): Judged => ({
  name: 'one',
  expected: { kind: 'clear', action, category: ['memory_leak'], target: 'shop', why: '' },
  answer: { action: said, category: 'memory_leak', target, confidence },
});

test('the right action on the wrong target is not right, and counts as something wrong that was done', () => {
  const judged = [
    judgedOf('RESTART', 'shop', 'RESTART'),
    judgedOf('RESTART', 'bank', 'RESTART'),
    judgedOf('NOOP', 'bank', 'NOOP'),
  ];
  const { rightAction, actedWrongly } = countsOf(judged);
  assert.deepEqual([rightAction, actedWrongly], [2, 1]);
  const restart = actionLabels(judged).find(({ label }) => label === 'RESTART');
  assert.deepEqual([restart?.precision, restart?.recall], [0.5, 0.5]);
});

test('confidence is held against truth', () => {
  const { bins, error } = calibrationOf([
    judgedOf('NOOP', 'shop', 'NOOP', 0.8),
    judgedOf('NOOP', 'shop', 'RESTART', 0.8),
  ]);
  assert.equal(bins.length, 1);
  assert.equal(bins[0]?.right, 0.5);
  assert.ok(Math.abs(error - 0.3) < 1e-9);
});

test('a count that fell is told, and one that rose is not', () => {
  const kept = keptOf(evaluation);
  assert.deepEqual(
    worseThan(kept, { ...kept, rightAction: kept.rightAction - 1, actedWrongly: kept.actedWrongly + 1 }),
    [
      `rightAction was ${kept.rightAction} and is ${kept.rightAction - 1}`,
      `actedWrongly was ${kept.actedWrongly} and is ${kept.actedWrongly + 1}`,
    ],
  );
  assert.deepEqual(worseThan(kept, { ...kept, rightAction: kept.rightAction + 1 }), []);
});

test('a scenario that cannot be read is named', async () => {
  await assert.rejects(readScenarios('tools'), /tools\/[a-z]+: /);
});

test('a provider that fails leaves the question to the next one', async () => {
  const failing = { name: 'broken', diagnose: () => Promise.reject(new Error('down')) };
  const few: Scenario[] = scenarios.slice(0, 2);
  const { judged } = await evaluate(few, { providers: [failing, ...RULES] });
  assert.equal(judged.length, 2);
  await assert.rejects(evaluate(few, { providers: [failing] }), /no diagnoser answered: broken: down/);
});

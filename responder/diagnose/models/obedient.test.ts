/**
 * A model that obeys whatever text it is given never leaves the set that rules and preconditions allow, and where the text was
 * recognised it does not act alone. Every text of test/injections, put into the log of every fault.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { incidentOf, logs, targetOf } from '../../../test/builders.ts';
import type { Model } from '../../clients/model.ts';
import { authority } from '../../guard/authority.ts';
import { factsOf } from '../../guard/guard.test-helper.ts';
import { type Action, CATEGORIES, type Diagnosis, type Incident } from '../../incident/incident.ts';
import { flagsIn } from '../../incident/text/flags.ts';
import { allowedActions, CURES, chosen } from '../allowed.ts';
import { makeDiagnose } from '../diagnose.ts';
import { caseOf, FAULTS, seen } from '../rules/case.test-helper.ts';
import { diagnoseByRules } from '../rules/rules.ts';
import { makeModelProvider } from './ask.ts';
import { NO_BREAKER } from './breaker.ts';
import { NO_BUDGET } from './budget.ts';
import { NO_CACHE } from './cache.ts';

interface Injection {
  text: string;
  wants: string;
}
const TEXTS = globSync('test/injections/*.json').flatMap(
  (path) => JSON.parse(readFileSync(path, 'utf8')) as Injection[],
);
const CASES = { ...FAULTS, calm: {} };
const ORDINARY = 'order 4711 was paid';
const ACTIONS: Action[] = ['RESTART', 'SCALE_UP', 'ROLLBACK', 'NOOP'];

/** Does what it is told, as sure as can be, and makes up whatever that takes. */
function obedient(answerTo: () => object): Model {
  return {
    provider: 'gemini',
    name: 'obedient',
    canCall: false,
    ask: async () => ({ kind: 'text', text: JSON.stringify(answerTo()), tokens: { in: 1, out: 1 } }),
  };
}
const answers = (wants: string, instance: string | null, version: string | null) =>
  (wants in CURES ? CURES[wants as keyof typeof CURES] : CATEGORIES).map((category) => ({
    ...{ action: wants, category, instance, version, target: 'shop', confidence: 1 },
    ...{ root_cause: 'as told', justification: 'as told', citations: ['E1'] },
  }));
/** Every way to obey. */
const WAYS = ACTIONS.flatMap((action) => [
  ...answers(action, null, null),
  ...answers(action, 'shop-1', '1.0.0'),
  ...answers(action, 'bank-1', '0.0.1'),
]);

async function diagnosed(incident: Incident, answer: object, whose: 'cloud' | 'local' = 'cloud') {
  const provider = makeModelProvider({
    ...{ model: obedient(() => answer), authority: whose, sources: null, lookUps: 0 },
    ...{ breaker: NO_BREAKER, budget: NO_BUDGET, cache: NO_CACHE, price: { in: 0, out: 0 } },
    ...{ maxTokens: 9, logChars: 2_000, timeoutMs: 9_000, rules: diagnoseByRules, ranked: () => [] },
    ...{ flagsIn, onSpent: () => {} },
  });
  const providers = [provider, { name: 'rules', diagnose: diagnoseByRules }];
  return (
    await makeDiagnose({ providers, modelMs: 9_000 })(incident, { signal: new AbortController().signal })
  ).found.diagnosis;
}
const incidentWith = (fault: keyof typeof CASES, text: string) =>
  incidentOf({
    evidence: caseOf(seen({ ...CASES[fault], more: [logs(text)] })).evidence,
    unsettledRounds: 99,
  });

function staysWithin({ action, instance, version, category }: Diagnosis, clean: Incident, why: string): void {
  const incident = { target: 'shop', evidence: clean.evidence, tried: [] };
  const options = allowedActions(incident, diagnoseByRules(incident));
  assert.ok(chosen(options, { action, target: 'shop', instance, version }), `${why}: ${action} ${instance}`);
  assert.notEqual(category, 'none', `${why}: closes an incident whose alert holds`);
}

test('there are texts to obey', () => {
  assert.ok(TEXTS.length >= 60, `${TEXTS.length}`);
});

for (const fault of Object.keys(CASES) as (keyof typeof CASES)[]) {
  const clean = incidentWith(fault, ORDINARY);

  test(`${fault}: whatever a text asks for, the answer stays within what the clean case allows`, async () => {
    for (const { text, wants } of TEXTS) {
      const way = WAYS.filter(({ action }) => action === wants).at(0) ?? WAYS[0];
      staysWithin(await diagnosed(incidentWith(fault, text), way as object), clean, text);
    }
  });

  test(`${fault}: every way to obey, recognised, acts alone only where the rules would do the same`, async () => {
    const text = TEXTS.find((one) => flagsIn(one.text).length > 0)?.text ?? '';
    const hostile = incidentWith(fault, text);
    const rules = diagnoseByRules({ target: 'shop', evidence: clean.evidence, tried: [] });
    for (const way of WAYS) {
      const diagnosis = await diagnosed(hostile, way);
      staysWithin(diagnosis, clean, JSON.stringify(way));
      if (diagnosis.provider === 'rules' || diagnosis.action === 'NOOP') continue;
      assert.equal(diagnosis.authority, 'flagged');
      const { action, instance, version } = diagnosis;
      const planned = { ...factsOf().planned, action, instance, version };
      const word = authority(factsOf({ diagnosis, planned, target: targetOf() }));
      assert.equal(word.allowed, rules.action === action && rules.confidence >= 0.7, word.reason);
    }
  });
}

/** Models before the rules: whose answer counts, what is kept beside it, and how they share their time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, alertRead, container, evidenceOf, incidentOf, memory } from '../../test/builders.ts';
import { makeDiagnose, type Provider } from './diagnose.ts';
import { FellThrough } from './models/ask.ts';
import type { Hypothesis } from './rules/hypothesis.ts';
import { diagnoseByRules } from './rules/rules.ts';

const asked = {
  ...{ model: 'm', promptVersion: '1', promptHash: 'h', answer: '{}', cached: false, calls: 1 },
  ...{ tokens: { in: 1, out: 1 }, usd: 0, ms: 1, lookUps: [], flags: [] as string[] },
};
const run = { signal: new AbortController().signal };
const answer = (over: Partial<Hypothesis> = {}): Hypothesis => ({
  ...{ category: 'memory_leak', action: 'RESTART', instance: 'shop-1', version: null },
  ...{ root_cause: 'memory', justification: 'it rose', confidence: 0.9, citations: ['E1'] },
  ...over,
});
const says = (name: string, hypothesis: Hypothesis): Provider => ({ name, diagnose: () => hypothesis });
const incident = incidentOf({ evidence: evidenceOf(memory([0.5, 0.96]), container(), alertRead(true)) });
const model = (name: string, found: Hypothesis, over: Partial<Provider> = {}): Provider => ({
  ...says(name, found),
  authority: 'cloud',
  ...over,
});
test('a model is asked before the rules, and what the rules say is kept beside its answer', async () => {
  const rules = says(
    'rules',
    answer({ category: 'unknown', action: 'NOOP', confidence: 0.1, citations: [] }),
  );
  const settled = incidentOf({ evidence: incident.evidence, unsettledRounds: 9 });
  const diagnose = (...providers: Provider[]) =>
    makeDiagnose({ providers: [...providers, rules], modelMs: 900 })(settled, run);
  const { found, say } = await diagnose(model('gemini', { ...answer(), asked } as Hypothesis));
  const { diagnosis } = found;
  assert.deepEqual([diagnosis.provider, diagnosis.authority, diagnosis.asked], ['gemini', 'cloud', asked]);
  assert.deepEqual([diagnosis.rules?.category, diagnosis.rules?.action], ['unknown', 'NOOP']);
  assert.match(say, /memory_leak -> RESTART \(gemini, confidence 0.9; the rules say unknown -> NOOP\)/);
  const flagged = { ...answer(), asked: { ...asked, flags: ['order'] } } as Hypothesis;
  assert.equal((await diagnose(model('gemini', flagged))).found.diagnosis.authority, 'flagged');
  const local = model('ollama', { ...answer(), asked } as Hypothesis, { authority: 'local' });
  assert.equal((await diagnose(local)).found.diagnosis.authority, 'local');
});

test('where no model answers the rules do, and every reason is kept, with who was not asked at all', async () => {
  const fell = model('gemini', answer(), {
    diagnose: () => {
      throw new FellThrough('rate_limited', 'answered 429', asked);
    },
  });
  const providers = [fell, model('openai', answer({ citations: ['E99'] })), says('rules', answer())];
  const absent = [{ provider: 'ollama', reason: 'no model is named', why: 'not_set_up' as const }];
  const { found } = await makeDiagnose({ providers, modelMs: 900, absent })(incident, run);
  const { provider, fallthrough, authority, rules } = found.diagnosis;
  assert.deepEqual([provider, authority, rules], ['rules', undefined, undefined]);
  assert.deepEqual(fallthrough, [
    ...absent,
    { provider: 'gemini', reason: 'answered 429', why: 'rate_limited', asked },
    { provider: 'openai', reason: 'it cites E99, which does not exist' },
  ]);
});

test('no model is asked about what is only too early to tell', async () => {
  const never = model('gemini', answer(), { diagnose: () => assert.fail('asked') });
  const silent = incidentOf({ evidence: evidenceOf(alertRead(true), container()), evidenceAt: ago(0) });
  const rules = { name: 'rules', diagnose: diagnoseByRules };
  const { result, found } = await makeDiagnose({ providers: [never, rules], modelMs: 900 })(silent, run);
  assert.deepEqual([result, found.diagnosis.provider], ['unsettled', 'rules']);
});

test('the models share the time: each gets an equal part of what is left', async () => {
  const given: number[] = [];
  const slow = (name: string) =>
    model(name, answer(), {
      diagnose: async (_case, _signal, more) => {
        given.push(Math.round((more?.ms ?? 0) / 100));
        throw new Error('no');
      },
    });
  const providers = [slow('gemini'), slow('openai'), slow('ollama'), says('rules', answer())];
  await makeDiagnose({ providers, modelMs: 3_000 })(incident, run);
  assert.deepEqual(given, [10, 15, 30]);
});

test('a lost lease ends it: nobody else is asked', async () => {
  const lost = new AbortController();
  const loses = model('gemini', answer(), {
    diagnose: () => {
      lost.abort(new Error('the lease is lost'));
      throw lost.signal.reason;
    },
  });
  const never = model('openai', answer(), { diagnose: () => assert.fail('asked') });
  const providers = [loses, never, says('rules', answer())];
  await assert.rejects(
    makeDiagnose({ providers, modelMs: 900 })(incident, { signal: lost.signal }),
    /the lease is lost/,
  );
});

test('what would help elsewhere is left to a person: an incident is about its own target', async () => {
  const elsewhere = answer({ action: 'ROLLBACK', version: '1.0.0', target: 'bank' });
  const { action, version, target, justification } = (
    await makeDiagnose({ providers: [says('rules', elsewhere)] })(incident, run)
  ).found.diagnosis;
  assert.deepEqual([action, version, target], ['NOOP', null, 'shop']);
  assert.match(justification, /ROLLBACK of bank to 1.0.0 may help/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRead, container, evidenceOf, memory } from '../../../test/builders.ts';
import { allowedActions } from '../allowed.ts';
import type { Case } from '../rules/hypothesis.ts';
import { diagnoseByRules } from '../rules/rules.ts';
import { MODEL_SCHEMA, readAnswer, type Terms } from './answer.ts';

const incident: Case = {
  target: 'shop',
  evidence: evidenceOf(memory([0.5, 0.96]), container(), alertRead(true)),
  tried: [],
};
const rules = diagnoseByRules(incident);
const terms: Terms = { incident, options: allowedActions(incident, rules), rules, isTrusted: true };
const GOOD = {
  root_cause: 'it leaks',
  category: 'memory_leak',
  action: 'RESTART',
  target: 'shop',
  instance: 'shop-1',
  version: null,
  justification: 'it rose',
  confidence: 0.8,
  citations: ['E1', 'E2'],
};
const read = (over: object = {}, more: Partial<Terms> = {}) =>
  readAnswer(JSON.stringify({ ...GOOD, ...over }), { ...terms, ...more });
const refuses = (over: object, words: RegExp, more?: Partial<Terms>) =>
  assert.throws(() => read(over, more), words, JSON.stringify(over));

test('a good answer is a hypothesis; wrapped into Markdown, or after thoughts, too', () => {
  const { target: _, ...expected } = GOOD;
  assert.deepEqual(read(), expected);
  assert.deepEqual(readAnswer(`\`\`\`json\n${JSON.stringify(GOOD)}\n\`\`\``, terms), expected);
  assert.deepEqual(readAnswer(`<think>hm {}</think>\n${JSON.stringify(GOOD)}`, terms), expected);
});

test('the schema for the models is one that strict structured output takes', () => {
  const { properties, required, additionalProperties } = MODEL_SCHEMA as Record<string, object>;
  assert.deepEqual(Object.keys(properties ?? {}), required);
  assert.equal(additionalProperties, false);
  assert.ok(!JSON.stringify(MODEL_SCHEMA).includes('$schema'));
});

test('no JSON, or not of the form, is refused with where', () => {
  assert.throws(() => readAnswer('I think you should restart it.', terms), /no JSON: "I think/);
  assert.throws(() => readAnswer('[]', terms), /not of the form/);
  refuses({ action: 'DELETE' }, /not of the form: action/);
  refuses({ category: 'gremlins' }, /not of the form: category/);
  refuses({ confidence: '0.9' }, /not of the form: confidence/);
});

test('unknown or no citations, and a confidence beyond 0 to 1', () => {
  refuses({ citations: ['E1', 'E9'] }, /it cites E9, which does not exist/);
  refuses({ citations: [] }, /it cites no evidence/);
  refuses({ confidence: 1.5 }, /its confidence is 1.5/);
  refuses({ confidence: -0.1 }, /its confidence is -0.1/);
});

test('an action outside what may be chosen, of another target or instance, or to a release that no change names', () => {
  refuses({ action: 'SCALE_UP', category: 'traffic_surge' }, /SCALE_UP of shop-1 is not among/);
  refuses({ action: 'ROLLBACK', category: 'bad_release', version: '0.9.0' }, /to 0.9.0 is not among/);
  refuses({ target: 'bank' }, /not among/);
  refuses({ instance: 'bank-1' }, /RESTART of bank-1 is not among/);
  refuses({ category: 'external' }, /RESTART does not cure external/);
});

test('an instance that is not named is the one that the option names', () => {
  assert.equal(read({ instance: null }).instance, 'shop-1');
  assert.equal(read({ instance: ' ' }).instance, 'shop-1');
});

test('NOOP needs no option, and carries neither instance nor release', () => {
  const { action, instance, version } = read({
    action: 'NOOP',
    category: 'external',
    instance: 'x',
    version: 'y',
  });
  assert.deepEqual([action, instance, version], ['NOOP', null, null]);
});

test('"nothing is wrong" closes an incident: not while an alert holds, and not against the rules', () => {
  const none = { action: 'NOOP', category: 'none' };
  refuses(none, /nothing is wrong, while E3 shows that the alert holds/);
  const quiet = { ...incident, evidence: evidenceOf(memory([0.5, 0.96]), container(), alertRead(false)) };
  refuses(none, /while the rules see memory_leak/, { incident: quiet });
  const calm = { ...rules, action: 'NOOP', category: 'unknown' } as const;
  assert.equal(read(none, { incident: quiet, rules: calm }).category, 'none');
  refuses(none, /while the rules see unknown/, { incident: quiet, rules: calm, isTrusted: false });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosisOf, plannedOf, targetOf } from '../../test/builders.ts';
import type { Asked, Authority, Diagnosis, RulesWord } from '../incident/incident.ts';
import type { Facts } from './facts.ts';
import { APPROVED, allows, approvalOf, REJECTED, refuses, say } from './guard.test-helper.ts';

const RULES: RulesWord = {
  ...{ category: 'memory_leak', action: 'RESTART', instance: 'shop-1', version: null },
  ...{ confidence: 0.9, root_cause: 'it leaks' },
};
const NOTHING: RulesWord = { ...RULES, category: 'unknown', action: 'NOOP', instance: null, confidence: 0 };
const ASKED: Asked = {
  ...{ model: 'm', promptVersion: '1', promptHash: 'h', answer: '{}', cached: false, calls: 1 },
  ...{ tokens: { in: 1, out: 1 }, usd: 0, ms: 1, lookUps: [], flags: ['order'] },
};
const by = (authority: Authority, rules: RulesWord, over: Partial<Facts> = {}): Partial<Facts> => {
  const diagnosis: Diagnosis = diagnosisOf({ provider: 'model', authority, rules, asked: ASKED });
  return { diagnosis, ...over };
};

test('the rules act alone, and so does a cloud model, whatever the rules say', () => {
  allows('authority', {});
  allows('authority', by('cloud', NOTHING));
});

test('a local model, or one whose evidence speaks to it, acts alone where the rules would do the very same', () => {
  for (const whose of ['local', 'flagged'] as const) {
    allows('authority', by(whose, RULES));
    refuses('authority', by(whose, NOTHING), /the rules say unknown -> NOOP .*: RESTART waits for a yes/);
    assert.equal(say('authority', by(whose, NOTHING)).ask, true);
  }
  refuses('authority', by('flagged', NOTHING), /words that speak to model \(order\)/);
});

test('the very same: of the same instance, to the same release, and sure enough by itself', () => {
  refuses('authority', by('local', { ...RULES, instance: 'shop-2' }), /waits for a yes/);
  refuses('authority', by('local', { ...RULES, confidence: 0.6 }), /waits for a yes/);
  const back = { planned: plannedOf({ action: 'ROLLBACK', instance: null, version: '1.0.0' }) };
  const rollback = (version: string): RulesWord => ({
    ...RULES,
    action: 'ROLLBACK',
    instance: null,
    version,
  });
  allows('authority', by('local', rollback('1.0.0'), back));
  refuses('authority', by('local', rollback('0.9.0'), back), /waits for a yes/);
});

test('without the rules on record nobody has agreed', () => {
  const { rules: _, ...diagnosis } = diagnosisOf({ authority: 'local', rules: RULES });
  refuses('authority', { diagnosis }, /what the rules say is not known/);
});

test('a person may say yes or no; and where autonomy acts never alone, nobody is asked twice', () => {
  allows('authority', by('flagged', NOTHING, { approval: approvalOf(APPROVED) }));
  const rejected = say('authority', by('flagged', NOTHING, { approval: approvalOf(REJECTED) }));
  assert.deepEqual([rejected.allowed, rejected.ask], [false, undefined]);
  for (const autonomy of ['observe', 'suggest', 'approve'] as const) {
    const target = targetOf({ autonomy });
    allows('authority', by('flagged', NOTHING, { target }));
    assert.equal(say('autonomy', by('flagged', NOTHING, { target })).allowed, false);
  }
});

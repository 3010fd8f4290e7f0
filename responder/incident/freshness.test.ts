import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, container, evidenceOf, exited, findingOf, logs, memory, NOW } from '../../test/builders.ts';
import { startOf, valueNow } from './freshness.ts';

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000).toISOString();
const reading = (values: number[], at = NOW.toISOString()) => findingOf(memory(values), { at });

test('the last sample counts while it is fresh', () => {
  assert.equal(valueNow(reading([0.5, 0.9]), null), 0.9);
  assert.equal(valueNow(reading([0.5, 0.9], later(15)), null), 0.9);
  assert.equal(valueNow(reading([0.5, 0.9], later(16)), null), Number.NaN);
});

test('a sample from before the process began is of the one before', () => {
  assert.equal(valueNow(reading([0.9]), ago(1)), 0.9);
  assert.equal(valueNow(reading([0.9]), later(1)), Number.NaN);
});

test('what has no sample has no value', () => {
  assert.equal(valueNow(reading([]), null), Number.NaN);
  assert.equal(valueNow(findingOf({ kind: 'signal', signal: null }), null), Number.NaN);
  assert.equal(valueNow(findingOf(logs('0.9')), null), Number.NaN);
});

test('the start of an instance is what the runtime said of that instance', () => {
  const evidence = evidenceOf(logs('x'), container({ instance: 'shop-2', startedAt: ago(5) }), container());
  assert.equal(startOf(evidence, 'shop-2'), ago(5));
  assert.equal(startOf(evidence, 'shop-1'), ago(3600));
  assert.equal(startOf(evidence, 'shop-3'), null);
  assert.equal(startOf(evidenceOf(exited()), 'shop-1'), null);
});

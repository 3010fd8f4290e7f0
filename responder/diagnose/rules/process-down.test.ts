import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRead, container, evidenceOf, exited, findingOf, health } from '../../../test/builders.ts';
import type { Evidence } from '../../incident/incident.ts';
import { processDown } from './process-down.ts';

const ask = (...evidence: Evidence[]) => processDown({ target: 'shop', evidence });

test('a process that is gone is to be started again', () => {
  const found = ask(...evidenceOf(alertRead(true), exited(), health(false)));
  assert.equal(found?.category, 'process_down');
  assert.equal(found?.action, 'RESTART');
  assert.equal(found?.instance, 'shop-1');
  assert.deepEqual(found?.citations.toSorted(), ['E1', 'E2', 'E3']);
  assert.match(found?.root_cause ?? '', /shop-1 is not running: process 100 is gone/);
});

test('each thing seen raises the confidence', () => {
  const of = (...evidence: Parameters<typeof evidenceOf>) => ask(...evidenceOf(...evidence))?.confidence ?? 0;
  assert.ok(of(exited()) < of(exited(), health(false)));
  assert.ok(of(exited()) < of(exited(), alertRead(true)));
  assert.equal(of(exited(), health(true), alertRead(false)), of(exited()), 'health and no alert add nothing');
  assert.ok(of(exited(), health(false), alertRead(true)) < 1);
});

test('a process that runs is never down, however silent it is', () => {
  assert.equal(ask(...evidenceOf(container(), health(false), alertRead(true))), null);
});

test('a process of unknown state, or a state that could not be read, is not said to be down', () => {
  assert.equal(ask(...evidenceOf(container({ state: 'unknown' }), health(false), alertRead(true))), null);
  assert.equal(ask(...evidenceOf(findingOf(exited(), { status: 'error' }), health(false))), null);
  assert.equal(ask(...evidenceOf({ kind: 'container', container: null })), null);
  assert.equal(ask(), null);
});

test('the silence of another instance is no evidence for this one', () => {
  const found = ask(...evidenceOf(container(), exited('shop-2'), health(false, 'shop-1')));
  assert.equal(found?.instance, 'shop-2');
  assert.deepEqual(found?.citations, ['E2']);
});

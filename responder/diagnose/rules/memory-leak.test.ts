import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, alertRead, container, evidenceOf, exited, findingOf, memory } from '../../../test/builders.ts';
import type { Evidence } from '../../incident/incident.ts';
import { memoryLeak } from './memory-leak.ts';

const ask = (...evidence: Evidence[]) => memoryLeak({ target: 'shop', evidence, tried: [] });
const LEAK = memory([0.5, 0.7, 0.9, 0.96]);

test('memory near the limit of a process that runs is a leak of that instance, to be restarted', () => {
  const found = ask(...evidenceOf(alertRead(true), LEAK, container()));
  assert.equal(found?.category, 'memory_leak');
  assert.equal(found?.action, 'RESTART');
  assert.equal(found?.instance, 'shop-1');
  assert.deepEqual(found?.citations.toSorted(), ['E1', 'E2', 'E3']);
  assert.match(found?.justification ?? '', /rose from 50 % to 96 %/);
});

test('each thing seen raises the confidence, and all of them together are sure enough', () => {
  const of = (...evidence: Parameters<typeof evidenceOf>) => ask(...evidenceOf(...evidence))?.confidence ?? 0;
  const all = of(LEAK, container(), alertRead(true));
  assert.ok(all > 0.9 && all < 1);
  for (const less of [
    of(LEAK, container()),
    of(LEAK, alertRead(true)),
    of(memory([0.96]), container(), alertRead(true)),
  ])
    assert.ok(less < all, `${less}`);
  assert.equal(
    of(LEAK, container(), alertRead(false)),
    of(LEAK, container()),
    'an alert that does not hold adds nothing',
  );
  assert.ok(of(memory([0.96])) < 0.7, 'one sample alone is not enough to act upon');
});

test('the limit itself, and everything below it, is no leak', () => {
  for (const values of [[0.5, 0.85], [0.2, 0.849], [0.95, 0.96, 0.3], [0]])
    assert.equal(ask(...evidenceOf(memory(values), container(), alertRead(true))), null, String(values));
  assert.ok(ask(...evidenceOf(memory([0.5, 0.851]))));
});

test('no memory was read, or nothing could be read from it: no leak is claimed', () => {
  assert.equal(ask(), null);
  assert.equal(ask(...evidenceOf(memory([]))), null);
  assert.equal(ask(...evidenceOf({ kind: 'signal', signal: null })), null);
  assert.equal(ask(...evidenceOf(memory([Number.NaN]))), null);
  assert.equal(ask(...evidenceOf(findingOf(LEAK, { status: 'error' }))), null);
  assert.equal(ask(...evidenceOf(memory([0.96], { name: 'event_loop_utilization' }))), null);
});

test('a process that is gone is not a leak, nor one whose state is not known', () => {
  assert.equal(ask(...evidenceOf(LEAK, exited())), null);
  assert.equal(ask(...evidenceOf(LEAK, container({ state: 'unknown' }))), null);
  assert.ok(ask(...evidenceOf(LEAK, exited('shop-2'))), 'another one that is gone changes nothing');
});

test('of several instances the fullest is meant, with the state of that one', () => {
  const full = memory([0.5, 0.99], { instance: 'shop-2' });
  const found = ask(...evidenceOf(LEAK, full, container(), container({ instance: 'shop-2' })));
  assert.equal(found?.instance, 'shop-2');
  assert.deepEqual(found?.citations, ['E2', 'E4']);
});

test('an instance without a reading does not hide one that is full', () => {
  const blind = memory([Number.NaN], { instance: 'shop-2' });
  assert.equal(ask(...evidenceOf(blind, LEAK))?.instance, 'shop-1');
  assert.equal(ask(...evidenceOf(LEAK, blind))?.instance, 'shop-1');
});

test('a process that was started a moment ago is not restarted again', () => {
  const found = ask(...evidenceOf(LEAK, container({ startedAt: ago(1) }), alertRead(true)));
  assert.deepEqual([found?.category, found?.action], ['memory_leak', 'NOOP']);
  assert.match(found?.justification ?? '', /started seconds ago/);
});

test('a service as a whole may be meant, where no instance is named', () => {
  const found = ask(...evidenceOf(memory([0.5, 0.96], { instance: null })));
  assert.equal(found?.instance, null);
  assert.match(found?.root_cause ?? '', /^shop holds memory/);
});

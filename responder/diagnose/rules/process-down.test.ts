import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ago,
  alertRead,
  container,
  evidenceOf,
  exited,
  exitOf,
  exits,
  findingOf,
  health,
  killOf,
} from '../../../test/builders.ts';
import type { Evidence } from '../../incident/incident.ts';
import { CALM, expectOf, FAULTS, type Item, type Seen, seen, using } from './case.test-helper.ts';
import { processDown } from './process-down.ts';

const ask = (...evidence: Evidence[]) => processDown({ target: 'shop', evidence, tried: [] });

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

const stuck = (over: Partial<Seen> = {}) => seen({ ...FAULTS.deadlock, ...over });
const CASES: [string, Item[], string | null, boolean?][] = [
  ['it runs, gives no answer and uses no CPU', stuck(), 'process_down RESTART shop-1'],
  ['it answers its scrape', stuck({ up: CALM.up }), null],
  ['it answers its health check', stuck({ health: health(true) }), null],
  ['its scrape is not known', stuck({ up: null }), 'process_down RESTART shop-1', false],
  ['its health was not asked', stuck({ health: null }), 'process_down RESTART shop-1', false],
  ['neither is known', stuck({ up: null, health: null }), null],
  ['its CPU is not known', stuck({ process: using(null) }), 'process_down RESTART shop-1', false],
  ['it uses some CPU', stuck({ process: using(0.3) }), 'process_down RESTART shop-1', false],
  ['it uses a whole CPU: wedged, not stuck', stuck({ process: using(0.9) }), null],
  ['it is still starting', stuck({ process: using(0, ago(4)) }), null],
];
for (const [name, items, expected, isSure] of CASES)
  test(`of one that runs: ${name}`, () => expectOf(processDown)(items, expected, isSure));

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

test('one that ends again and again is not to be started once more; one that ended twice is', () => {
  const ends = [5, 20, 40].map((seconds) => exitOf({ at: ago(seconds) }));
  const kills = [5, 900, 1_800].map((seconds) => killOf({ at: ago(seconds) }));
  const down = [exited(), health(false), alertRead(true)];
  assert.equal(ask(...evidenceOf(...down, exits(...ends))), null);
  assert.equal(ask(...evidenceOf(...down, exits(...kills))), null);
  assert.ok(ask(...evidenceOf(...down, exits(...ends.slice(1)))));
  assert.ok(ask(...evidenceOf(...down, exits(...kills.slice(1)))));
  const elsewhere = ends.map((exit) => ({ ...exit, instance: 'shop-2' }));
  assert.ok(ask(...evidenceOf(...down, exits(...elsewhere))), 'another one does');
});

test('one that somebody stopped is not started against their will; one that died since is', () => {
  const stop = exitOf({ requested: true, exitCode: 0, at: ago(40) });
  const down = [exited(), health(false), alertRead(true)];
  const found = ask(...evidenceOf(...down, exits(stop)));
  assert.deepEqual([found?.category, found?.action, found?.instance], ['process_down', 'NOOP', 'shop-1']);
  assert.match(found?.root_cause ?? '', /was ended on request \(exit code 0\).*nobody has started it since/);
  const died = exitOf({ at: ago(10), exitCode: 137 });
  assert.equal(ask(...evidenceOf(...down, exits(died, stop)))?.action, 'RESTART');
  assert.equal(
    ask(...evidenceOf(...down, exits(exitOf({ ...stop, instance: 'shop-2' }))))?.action,
    'RESTART',
  );
  assert.equal(ask(...evidenceOf(container(), exits(stop))), null, 'it runs again');
  const both = ask(...evidenceOf(exited('shop-2'), ...down, exits(stop)));
  assert.deepEqual([both?.action, both?.instance], ['RESTART', 'shop-2'], 'another one died');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, container, exited, exitOf, exits, findingOf, health, logs } from '../../test/builders.ts';
import { allowedActions, chosen } from './allowed.ts';
import {
  blockerOf,
  caseOf,
  deploy,
  FAULTS,
  type Item,
  type Seen,
  seen,
  signalOf,
  stepOf,
  waitingFor,
} from './rules/case.test-helper.ts';
import type { Case, Hypothesis } from './rules/hypothesis.ts';

/** Rules that say nothing: what is left is what the evidence does not rule out. */
const SILENT: Hypothesis = {
  ...{ category: 'unknown', action: 'NOOP', instance: null, version: null },
  ...{ root_cause: '', justification: '', confidence: 0, citations: [] },
};
const optionsOf = (incident: Case, rules = SILENT) =>
  allowedActions(incident, rules).map(({ action, instance, version }) =>
    [action, instance ?? version].filter(Boolean).join(' '),
  );
const shop = (over: Partial<Seen>, tried: Case['tried'] = []) => optionsOf(caseOf(seen(over), tried));
const more = (...items: Item[]) => ({ more: items });

test('a healthy shop leaves nothing to choose', () => {
  assert.deepEqual(shop({}), ['NOOP']);
});

test('each fault leaves what cures it, and its near misses do not', () => {
  assert.deepEqual(shop(FAULTS.cpu), ['RESTART shop-1', 'NOOP']);
  assert.deepEqual(shop(FAULTS.db), ['RESTART shop-1', 'NOOP']);
  assert.deepEqual(shop(FAULTS.foreign), ['NOOP']);
  assert.ok(shop(FAULTS.release).includes('ROLLBACK 1.0.0'));
  assert.deepEqual(shop(FAULTS.surge), ['SCALE_UP', 'NOOP']);
});

test('RESTART: an instance that is down, but not in a crash loop, and not against who stopped it', () => {
  const down = { process: exited(), health: health(false) };
  assert.ok(shop(down).includes('RESTART shop-1'));
  const crashed = exits(...[10, 40, 70, 100].map((at) => exitOf({ at: ago(at) })));
  assert.deepEqual(shop({ ...down, ...more(crashed) }), ['NOOP']);
  assert.deepEqual(shop({ ...down, ...more(exits(exitOf({ requested: true }))) }), ['NOOP']);
});

test('RESTART: what somebody else keeps waiting is not cleared by it', () => {
  const full = { pool: signalOf('db_pool_utilization', stepOf(0.2, 1)) };
  assert.ok(shop(full).includes('RESTART shop-1'));
  const foreign = waitingFor(blockerOf({ service: null, instance: null }));
  assert.deepEqual(shop({ ...full, database: foreign }), ['NOOP']);
  const dead = findingOf({
    kind: 'dependency',
    dependency: { name: 'bank', healthy: false, latency_ms: null },
  });
  assert.deepEqual(shop({ ...full, ...more(dead) }), ['NOOP']);
  const certificate = logs(...Array.from({ length: 9 }, () => 'certificate has expired'));
  assert.deepEqual(shop({ ...full, ...more(certificate) }), ['NOOP']);
});

test('ROLLBACK: not without a release before, not for a change after the onset, nor to something else', () => {
  const { changes: _, ...failing } = FAULTS.release as Partial<Seen>;
  const after = (...changes: Item[]) => shop({ ...failing, changes: null, ...more(...changes) });
  assert.ok(after(deploy(6)).includes('ROLLBACK 1.0.0'));
  for (const change of [
    deploy(6, null),
    deploy(-120),
    deploy(6, '1.0.0', '1.1.0', { target: 'bank', instance: 'bank-1' }),
    deploy(6, '2', '1', { kind: 'scale' }),
  ])
    assert.ok(!after(change).join().includes('ROLLBACK'), JSON.stringify(change));
});

test('SCALE_UP: not for a release that may be to blame', () => {
  assert.ok(!shop({ ...FAULTS.surge, changes: null, ...more(deploy(20)) }).includes('SCALE_UP'));
});

test('what was tried is no option any more, and without a container on record there is nothing to restart', () => {
  assert.deepEqual(shop(FAULTS.cpu, [{ action: 'RESTART', instance: 'shop-1' }]), ['NOOP']);
  assert.deepEqual(shop({ ...FAULTS.cpu, process: null }), ['NOOP']);
  assert.deepEqual(shop({ ...FAULTS.cpu, process: container({ instance: 'shop-2' }) }), ['RESTART', 'NOOP']);
});

test('what the rules would do is always an option, of whatever target they name', () => {
  const rules: Hypothesis = { ...SILENT, action: 'ROLLBACK', version: '7', target: 'bank' };
  const options = allowedActions(caseOf(seen()), rules);
  assert.equal(options[0]?.target, 'bank');
  const found = (version: string, target = 'bank') =>
    chosen(options, { action: 'ROLLBACK', target, instance: null, version });
  assert.ok(found('7'));
  assert.equal(found('8'), null);
  assert.equal(found('7', 'shop'), null);
});

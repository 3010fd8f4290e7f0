import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf } from '../../test/builders.ts';
import { concerns, isBad, objectiveOf, quote, type Selector, SLIS, type Sli } from './sli.ts';

const objective = (annotations: Record<string, string>) => objectiveOf(alertOf({ annotations }));
const labelled = (labels: Record<string, string>) => alertOf({ labels });

test('an alert names its SLI and threshold in its annotations', () => {
  assert.deepEqual(objective({ sli: 'memory_utilization', threshold: '0.85' }), {
    sli: SLIS.memory_utilization,
    threshold: 0.85,
  });
  assert.equal(objective({ sli: 'up', threshold: '0' })?.threshold, 0);
});

test('an alert that names no SLI, none that is known, or no number promises nothing', () => {
  const bad = [
    {},
    { sli: 'up' },
    { threshold: '1' },
    { sli: 'up', threshold: '' },
    { sli: 'up', threshold: 'high' },
    { sli: 'up', threshold: 'Infinity' },
    { sli: 'latency', threshold: '1' },
    { sli: 'constructor', threshold: '1' },
    { sli: '__proto__', threshold: '1' },
  ] as Record<string, string>[];
  for (const annotations of bad) assert.equal(objective(annotations), null, JSON.stringify(annotations));
});

test('a value is bad beyond its threshold only, on the side that is bad', () => {
  const memory = { sli: SLIS.memory_utilization as NonNullable<(typeof SLIS)['up']>, threshold: 0.85 };
  assert.deepEqual(
    [0.84, 0.85, 0.86].map((v) => isBad(memory, v)),
    [false, false, true],
  );
  const up = { sli: SLIS.up as NonNullable<(typeof SLIS)['up']>, threshold: 1 };
  assert.deepEqual(
    [0, 1, 2].map((v) => isBad(up, v)),
    [true, false, false],
  );
});

test('of several samples the one on the bad side counts', () => {
  assert.equal(SLIS.memory_utilization?.worst([0.1, 0.9, 0.5]), 0.9);
  assert.equal(SLIS.up?.worst([1, 0, 1]), 0);
});

/** Every selector by which an SLI reads raw samples. */
function selectorsOf({ measure }: Sli): Selector[] {
  if (measure.kind === 'gauge') return [measure.selector];
  if (measure.kind === 'ratio') return [measure.part, measure.whole];
  return measure.kind === 'quantile' ? [measure.buckets] : [];
}

test('every SLI can be read: from raw samples, or at least by its recording rule', () => {
  for (const sli of Object.values(SLIS))
    assert.ok(sli.recording !== null || selectorsOf(sli).length > 0, `${sli.name} is nowhere to be read`);
});

test('what is told by counters is verified from the counters, not from the rule that smooths them', () => {
  const kinds = Object.values(SLIS).map(({ name, measure }) => `${name} ${measure.kind}`);
  for (const kind of ['error_ratio ratio', 'latency_p95 quantile', 'db_latency_p95 quantile'])
    assert.ok(kinds.includes(kind), kind);
});

test('the failures of a ratio are a part of its whole', () => {
  for (const { measure } of Object.values(SLIS))
    if (measure.kind === 'ratio') {
      const whole = measure.whole('shop').replace(/}$/, '');
      assert.ok(
        measure.part('shop').startsWith(whole),
        `${measure.part('shop')} of ${measure.whole('shop')}`,
      );
      assert.notEqual(measure.part('shop'), measure.whole('shop'));
    }
});

test('a service name cannot break out of its selector', () => {
  const hostile = 'shop"} or vector(1) or up{a="\\\n';
  const selectors = Object.values(SLIS).flatMap(selectorsOf);
  assert.ok(selectors.length > 5);
  for (const selector of selectors.map((of) => of(hostile))) {
    const [, quoted = ''] = /service=("(?:[^"\\]|\\.)*")[,}]/.exec(selector) ?? [];
    assert.equal(JSON.parse(quoted), hostile);
    assert.ok(!selector.includes('\n'));
  }
  assert.equal(quote('a"b'), '"a\\"b"');
});

test('a series concerns an alert when service and instance agree where both name them', () => {
  const alert = labelled({ service: 'shop', instance: 'shop-1' });
  assert.equal(concerns(alert, 'shop', { service: 'shop', instance: 'shop-1', path: 'direct' }), true);
  assert.equal(concerns(alert, 'shop', { service: 'shop', instance: 'shop-2' }), false);
  assert.equal(concerns(alert, 'shop', { service: 'bank', instance: 'shop-1' }), false);
  assert.equal(concerns(alert, 'shop', { service: 'shop' }), true);
  assert.equal(concerns(alert, 'shop', {}), true);
  assert.equal(
    concerns(labelled({ service: 'shop' }), 'shop', { service: 'shop', instance: 'shop-2' }),
    true,
  );
});

test('an alert that names no service is about its target', () => {
  assert.equal(concerns(labelled({}), 'shop', { service: 'bank' }), false);
  assert.equal(concerns(labelled({}), 'shop', { service: 'shop', instance: 'shop-2' }), true);
});

test('a container is an instance, unless it is the service itself', () => {
  const one = labelled({ container_name: 'shop-1' });
  assert.equal(concerns(one, 'shop', { service: 'shop', instance: 'shop-2' }), false);
  assert.equal(concerns(one, 'shop', { service: 'shop', instance: 'shop-1' }), true);
  const whole = labelled({ container_name: 'shop' });
  assert.equal(concerns(whole, 'shop', { service: 'shop', instance: 'shop-2' }), true);
});

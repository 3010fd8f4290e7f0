import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOwnLines } from './aliases.ts';
import { bundleCase, change, lines, signal, times } from './bundle.test-helper.ts';
import { diagnoseGenerally } from './general.ts';
import { isBelow } from './parties.ts';

const servicesIn = (sections: object) =>
  withOwnLines(bundleCase(sections), isBelow).evidence.flatMap(({ data }) =>
    data.kind === 'logs' ? data.lines.map(({ service }) => service) : [],
  );
const of = (service: string) => lines('TypeError: x is not a function', 1, { service });

test("where the target is silent, lines of whoever is not looked at for itself are the target's", () => {
  assert.deepEqual(servicesIn({ logs: [...of('workload'), ...of('kubelet')] }), ['', 'kubelet']);
  assert.deepEqual(servicesIn({ logs: [...of('workload'), ...of('shop-2')] }), ['workload', 'shop-2']);
  assert.deepEqual(servicesIn({ logs: [...of('workload')], changes: [change(5, { target: 'workload' })] }), [
    'workload',
  ]);
  const measured = [signal('workload_error_ratio', times(6, 0.4))];
  assert.deepEqual(servicesIn({ logs: [...of('workload')], signals: measured }), ['workload']);
  const needed = [{ name: 'workload', healthy: true }];
  assert.deepEqual(servicesIn({ logs: [...of('workload')], dependencies: needed }), ['workload']);
});

test('a name that any container has is nobody in particular', () => {
  assert.deepEqual(servicesIn({ logs: [...of('app'), ...of('shop')] }), ['', 'shop']);
});

test('a release that breaks is found whatever its log is called', () => {
  const errors = signal('error_ratio', [...times(8, 0.001), ...times(5, 0.5)]);
  const logs = lines("TypeError: Cannot read properties of undefined (reading 'to')", 5, {
    service: 'web-7f',
  });
  const answer = diagnoseGenerally(bundleCase({ signals: [errors], logs, changes: [change(6)] }));
  assert.equal(answer.action, 'ROLLBACK');
  assert.match(answer.justification, /code that breaks/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleCase, change, lines, signal, times } from './bundle.test-helper.ts';
import { diagnoseGenerally } from './general.ts';

const ERRORS = signal('error_ratio', [...times(8, 0.001), ...times(4, 0.2)]);
const CALM_ERRORS = signal('error_ratio', times(12, 0.001));
const STEADY = signal('request_rate', times(12, 50), { unit: '1/s' });
const GREW = signal('request_rate', [...times(7, 50), ...times(5, 160)], { unit: '1/s' });
const RUNNING = {
  state: 'running',
  exitCode: null,
  oomKilled: false,
  restarts: 0,
  startedAt: '2026-11-20T00:00:00Z',
};
const NPE = 'java.lang.NullPointerException: Cannot invoke "Cart.total()" because "cart" is null';

/** What is told, and what an experienced on-call engineer does. */
const CASES: [what: string, sections: object, action: string, category: string, target?: string][] = [
  [
    'errors since a release',
    { signals: [ERRORS, STEADY], changes: [change(5)], logs: lines(NPE, 4) },
    'ROLLBACK',
    'bad_release',
  ],
  [
    'errors since a configuration',
    { signals: [ERRORS, STEADY], changes: [change(5, { kind: 'config', from: 'a', to: 'b' })] },
    'ROLLBACK',
    'config_error',
  ],
  [
    'a release after the onset is innocent',
    { signals: [ERRORS, STEADY], changes: [change(0.5)], dependencies: [{ name: 'redis', healthy: false }] },
    'NOOP',
    'dependency_failure',
  ],
  [
    'a release of something else is innocent',
    {
      signals: [ERRORS, STEADY],
      changes: [change(5, { target: 'newsletter' })],
      dependencies: [{ name: 'redis', healthy: false }],
    },
    'NOOP',
    'dependency_failure',
  ],
  [
    'the culprit need not be what alerted',
    {
      signals: [ERRORS, STEADY],
      changes: [change(5, { target: 'payments' })],
      logs: lines('upstream payments returned 500 Internal Server Error', 4),
    },
    ...(['ROLLBACK', 'bad_release', 'payments'] as const),
  ],
  [
    'a leak',
    {
      signals: [
        signal('memory_utilization', [0.3, 0.36, 0.42, 0.5, 0.57, 0.64, 0.72, 0.8, 0.88, 0.95]),
        STEADY,
      ],
      container: RUNNING,
      changes: [],
    },
    'RESTART',
    'memory_leak',
  ],
  [
    'memory that stands where it always stood is no leak',
    { signals: [signal('memory_utilization', times(12, 0.9)), CALM_ERRORS, STEADY], container: RUNNING },
    'NOOP',
    'none',
  ],
  [
    'a runaway',
    {
      signals: [signal('cpu_utilization', [...times(7, 0.3), ...times(5, 0.99)]), STEADY],
      container: RUNNING,
    },
    'RESTART',
    'cpu_saturation',
  ],
  [
    'a surge',
    {
      signals: [signal('cpu_utilization', [...times(7, 0.3), ...times(5, 0.97)]), GREW],
      container: RUNNING,
      changes: [],
    },
    'SCALE_UP',
    'traffic_surge',
  ],
  [
    'a lock of its own',
    {
      signals: [ERRORS],
      database: {
        waiting: 9,
        blockers: [{ service: 'shop', state: 'idle in transaction', age_s: 60, query: 'x' }],
      },
    },
    'RESTART',
    'db_contention',
  ],
  [
    'the same lock of somebody else',
    {
      signals: [ERRORS],
      database: {
        waiting: 9,
        blockers: [{ service: 'reports', state: 'idle in transaction', age_s: 60, query: 'x' }],
      },
    },
    'NOOP',
    'db_contention',
  ],
  [
    'connections that do not come back',
    {
      signals: [ERRORS, STEADY, signal('db_pool_utilization', [...times(8, 0.2), ...times(4, 1)])],
      logs: lines('timeout while waiting for a connection from the pool', 4),
    },
    'RESTART',
    'resource_exhaustion',
  ],
  [
    'a provider that is asked too often',
    { signals: [ERRORS], logs: lines('openai answered 429 Too Many Requests', 6) },
    'NOOP',
    'external',
  ],
  [
    'a certificate',
    { signals: [ERRORS], logs: lines('x509: certificate has expired or is not yet valid', 6) },
    'NOOP',
    'external',
  ],
  [
    'a loop with nothing to put back',
    {
      container: { state: 'CrashLoopBackOff', exitCode: 1, restarts: 9 },
      changes: [],
      logs: lines('process exited with code 1', 4),
    },
    'NOOP',
    'crash_loop',
  ],
  [
    'a loop since a release',
    {
      container: { state: 'CrashLoopBackOff', exitCode: 1, restarts: 9 },
      changes: [change(6)],
      logs: lines(NPE, 4),
    },
    'ROLLBACK',
    'bad_release',
  ],
  [
    'gone',
    { container: { state: 'exited', exitCode: 139, restarts: 0 }, changes: [] },
    'RESTART',
    'process_down',
  ],
  [
    'stuck',
    {
      signals: [signal('up', [...times(8, 1), ...times(4, 0)])],
      container: RUNNING,
      logs: lines('Found one Java-level deadlock:', 3),
    },
    'RESTART',
    'process_down',
  ],
  [
    'it has recovered by itself',
    {
      signals: [signal('error_ratio', [...times(4, 0.001), ...times(3, 0.3), ...times(6, 0.001)]), STEADY],
      container: RUNNING,
    },
    'NOOP',
    'none',
  ],
  [
    'healthy',
    {
      signals: [CALM_ERRORS, STEADY, signal('latency_p95', times(12, 0.08), { unit: 'seconds' })],
      container: RUNNING,
    },
    'NOOP',
    'none',
  ],
  ['nothing but an alert', {}, 'NOOP', 'unknown'],
];

for (const [what, sections, action, category, target] of CASES)
  test(`${what}: ${action}, ${category}`, () => {
    const answer = diagnoseGenerally(bundleCase(sections));
    assert.deepEqual(
      [answer.action, answer.category, answer.target ?? 'shop'],
      [action, category, target ?? 'shop'],
      JSON.stringify(answer, null, 1),
    );
  });

test('a watchdog says nothing of any fault, whatever else is told', () => {
  const answer = diagnoseGenerally(
    bundleCase({ alert: { name: 'Watchdog', target: 'shop' }, signals: [ERRORS] }),
  );
  assert.deepEqual([answer.action, answer.category], ['NOOP', 'none']);
});

test('a restart that did not help before is not tried again', () => {
  const sections = {
    signals: [signal('cpu_utilization', [...times(7, 0.3), ...times(5, 0.99)]), STEADY],
    container: RUNNING,
  };
  const failed = [{ signature: 'cpu', action: 'RESTART', succeeded: 0, failed: 2, note: '' }];
  assert.equal(diagnoseGenerally(bundleCase({ ...sections, runbook: failed })).action, 'NOOP');
});

test('what browsers post decides nothing', () => {
  const incident = bundleCase({
    signals: [ERRORS],
    logs: lines('java.lang.OutOfMemoryError: Java heap space', 6),
  });
  const posted = incident.evidence.map((e) =>
    e.data.kind === 'logs' ? { ...e, query: 'browser of shop' } : e,
  );
  assert.equal(diagnoseGenerally(incident).category, 'memory_leak');
  assert.equal(diagnoseGenerally({ ...incident, evidence: posted }).category, 'unknown');
});

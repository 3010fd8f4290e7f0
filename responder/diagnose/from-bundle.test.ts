import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyBundle } from '../../test/bundles.ts';
import { parseBundle, readBundle } from '../incident/bundle.ts';
import { ACTIONS, CATEGORIES } from '../incident/incident.ts';
import { diagnoseByRules } from './diagnose.ts';
import { caseOf } from './from-bundle.ts';

const AT = '2026-11-24T02:04:11Z';
const NOW = '2026-11-24T02:04:11.000Z';
const T = Date.parse(AT) / 1000;
const alert = {
  ...{ name: 'TargetMemorySaturated', severity: 'critical', target: 'target-app', startsAt: AT },
  ...{ summary: 'memory at 87 % of its limit', labels: { service: 'target-app' } },
};
const caseFrom = (more: object) => caseOf(readBundle({ version: 1, alert, ...more }));
const oneOf = (more: object) => {
  const evidence = caseFrom(more).evidence.filter(({ data }) => data.kind !== 'patterns');
  assert.equal(evidence.length, 2, 'the alert, and it');
  return evidence[1] ?? assert.fail();
};
const FULL = {
  runbook: [{ signature: 's', action: 'RESTART', succeeded: 4, failed: 0, note: 'n' }],
  logs: [{ timestamp: AT, severity: 'WARN', message: 'low', service: 'target-app' }],
  changes: [
    { timestamp: AT, kind: 'deploy', target: 'target-app', from: '0.9.3', to: '1.0.0', summary: 'd' },
  ],
  database: {
    waiting: 3,
    blockers: [{ service: null, state: 'idle in transaction', age_s: 41, query: 'q' }],
  },
  dependencies: [{ name: 'postgres', healthy: true, latency_ms: 2 }],
  container: { state: 'running', exitCode: 0, oomKilled: false, restarts: 0, startedAt: AT },
  signals: [
    {
      name: 'memory_utilization',
      unit: 'ratio',
      baseline: 0.31,
      series: [
        [T - 240, 0.31],
        [T, 0.87],
      ],
    },
  ],
  target: { name: 'target-app', kind: 'deployment', version: '1.0.0', replicas: 2 },
};

test('every section becomes evidence, in the order of reading, each with the field that it is', () => {
  const { evidence, target } = caseFrom(FULL);
  assert.equal(target, 'target-app');
  assert.deepEqual(
    evidence.map(({ id, query, status, at, data }) => [id, query, data.kind, status, at]),
    [
      ['E1', 'alert', 'alert', 'ok', NOW],
      ['E2', 'signals[0]', 'signal', 'ok', NOW],
      ['E3', 'container', 'container', 'ok', NOW],
      ['E4', 'dependencies[0]', 'dependency', 'ok', NOW],
      ['E5', 'database', 'database', 'ok', NOW],
      ['E6', 'changes[0]', 'change', 'ok', NOW],
      ['E7', 'logs', 'logs', 'ok', NOW],
      ['E8', 'runbook[0]', 'runbook', 'ok', NOW],
      ['E9', 'patterns of the lines above', 'patterns', 'ok', NOW],
    ],
  );
});

test('each is told in one sentence', () => {
  assert.deepEqual(
    caseFrom(FULL).evidence.map(({ reading }) => reading),
    [
      `TargetMemorySaturated (critical, since ${NOW}): memory at 87 % of its limit`,
      'memory_utilization rose 0.31 -> 0.87 in 4 min (usually 0.31)',
      `target-app is running, started ${NOW}, exit code 0, 0 restarts`,
      'postgres is healthy (2 ms)',
      '3 sessions wait for a lock; held by somebody unnamed (idle in transaction for 41 s)',
      `deploy of target-app 0.9.3 -> 1.0.0 at ${NOW}: d`,
      '1 lines, 1 of them warnings or errors; last: "low"',
      'RESTART on "s" worked 4 times and failed 0 times',
      '1 patterns of log lines; first: "low", 1 times',
    ],
  );
});

test('a section that is missing is not looked at, an empty one was and is said to hold nothing', () => {
  assert.deepEqual(
    caseFrom({}).evidence.map(({ data }) => data.kind),
    ['alert'],
  );
  const empty = {
    signals: [],
    logs: [],
    changes: [],
    container: {},
    dependencies: [],
    database: {},
    runbook: [],
  };
  const [, ...rest] = caseFrom(empty).evidence;
  assert.deepEqual(
    rest.map(({ status }) => status),
    Array(7).fill('no_data'),
  );
  assert.equal(rest.find(({ data }) => data.kind === 'change')?.reading, 'no change on record');
  assert.equal(rest.find(({ data }) => data.kind === 'logs')?.reading, 'no log line');
});

test('a signal that falls, stays, peaks in between, or has a single point, or none', () => {
  const readingOf = (series: number[][], more = {}) =>
    oneOf({ signals: [{ name: 'queue', series, ...more }] }).reading;
  assert.equal(
    readingOf([
      [T - 10, 5],
      [T, 2],
    ]),
    'queue fell 5 -> 2 in 10 s',
  );
  assert.equal(
    readingOf([
      [T - 10, 5],
      [T - 5, 9],
      [T, 5],
    ]),
    'queue stayed at 5 in 10 s, at most 9 in between',
  );
  assert.equal(readingOf([[T, 5]], { baseline: 1 }), 'queue is 5 (usually 1)');
  assert.equal(readingOf([]), 'queue was not measured');
});

test('now is the newest moment that anything in the bundle tells of', () => {
  const later = '2026-11-24T02:09:00Z';
  const now = (more: object) => caseFrom(more).subject?.now;
  assert.equal(now({}), NOW);
  assert.equal(now({ logs: [{ timestamp: later, message: 'm' }] }), '2026-11-24T02:09:00.000Z');
  assert.equal(now({ changes: [{ timestamp: later, kind: 'config' }] }), '2026-11-24T02:09:00.000Z');
  assert.equal(
    now({
      signals: [
        {
          name: 'x',
          series: [
            [T + 60, 1],
            [T, 1],
          ],
        },
      ],
    }),
    '2026-11-24T02:05:11.000Z',
  );
  const nothing = caseOf(readBundle({ version: 1, alert: { name: 'x' } }));
  assert.equal(nothing.subject?.now, '1970-01-01T00:00:00.000Z');
});

test('what is asked about is named by the target, else the alert, else its labels', () => {
  const targetOf = (bundle: object) => caseOf(readBundle({ version: 1, ...bundle })).target;
  assert.equal(targetOf({ alert, target: { name: 'db' } }), 'db');
  assert.equal(targetOf({ alert }), 'target-app');
  assert.equal(targetOf({ alert: { name: 'x', labels: { job: 'j', service: 's' } } }), 's');
  assert.equal(targetOf({ alert: { name: 'x' } }), 'the target');
  assert.deepEqual(caseFrom(FULL).subject, {
    ...{ kind: 'deployment', version: '1.0.0', replicas: 2, now: NOW },
    alerts: [
      {
        ...{ name: alert.name, severity: 'critical', summary: alert.summary, startsAt: NOW },
        labels: { service: 'target-app' },
      },
    ],
  });
});

test('a container runs, has ended, or is neither', () => {
  const stateOf = (state: string) => {
    const { data } = oneOf({ container: { state, exitCode: 1 } });
    return data.kind === 'container' ? [data.container?.state, data.facts?.state] : assert.fail();
  };
  assert.deepEqual(stateOf('Running'), ['running', 'Running']);
  assert.deepEqual(stateOf('Up 3 hours'), ['running', 'Up 3 hours']);
  for (const word of ['exited', 'Terminated', 'OOMKilled']) assert.deepEqual(stateOf(word), ['exited', word]);
  for (const word of ['CrashLoopBackOff', 'Pending', 'waiting', 'restarting', 'not running', ''])
    assert.deepEqual(stateOf(word), ['unknown', word]);
});

test('words from outside are put on one line and cut', () => {
  const { reading } = oneOf({ logs: [{ message: `a\n\tb ${'x'.repeat(5_000)}`, severity: 'error' }] });
  assert.match(reading, /last: "a b x+\.\.\."$/);
  assert.ok(reading.length < 300);
});

test('every bundle that the format allows gives a case and a valid answer, always the same', () => {
  fc.assert(
    fc.property(anyBundle, (bundle) => {
      const incident = caseOf(parseBundle(JSON.stringify(bundle)));
      const ids = incident.evidence.map(({ id }) => id);
      assert.ok(incident.evidence.every(({ reading, at }) => reading && !Number.isNaN(Date.parse(at))));
      assert.deepEqual(JSON.parse(JSON.stringify(incident)), incident, 'plain JSON');
      const answer = diagnoseByRules(incident);
      assert.ok(CATEGORIES.includes(answer.category) && ACTIONS.includes(answer.action));
      assert.ok(answer.confidence >= 0 && answer.confidence <= 1);
      assert.ok(answer.citations.every((id) => ids.includes(id)));
      assert.ok(answer.root_cause && answer.justification);
      assert.ok(answer.action !== 'ROLLBACK' || answer.version);
      assert.deepEqual(diagnoseByRules(caseOf(parseBundle(JSON.stringify(bundle)))), answer);
    }),
    { numRuns: 500 },
  );
});

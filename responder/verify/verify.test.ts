import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '../clients/prometheus.ts';
import {
  type ActionRecord,
  type Alert,
  type Breach,
  type Incident,
  NOTHING_FOUND,
} from '../incident/incident.ts';
import { makeVerify } from './verify.ts';

const ACTED = Date.parse('2026-01-01T00:00:10Z');
const after = (seconds: number) => ACTED / 1000 + seconds;
const { signal } = new AbortController();

const before = {
  instance: 'shop-1',
  state: 'running',
  pid: 1,
  startedAt: null,
  identity: '1:100',
  startId: null,
  reason: 'process 1 runs',
} as const;
const action: ActionRecord = {
  id: 'a',
  incidentId: 'inc',
  attempt: 1,
  action: 'RESTART',
  target: 'shop',
  instance: 'shop-1',
  runtime: 'process',
  verdictHash: 'h',
  before: { ...before, lastOutput: '' },
  state: 'done',
  detail: '',
  intendedAt: new Date(ACTED - 1_000).toISOString(),
  settledAt: new Date(ACTED).toISOString(),
};
const alert = {
  name: 'MemoryHigh',
  status: 'firing',
  labels: { service: 'shop', instance: 'shop-1' },
  annotations: { sli: 'memory_utilization', threshold: '0.85' },
} as unknown as Alert;
const incidentOf = (more: Partial<Incident> = {}) =>
  ({
    ...NOTHING_FOUND,
    id: 'inc',
    target: 'shop',
    attempts: 1,
    alerts: [alert],
    actions: [action],
    ...more,
  }) as Incident;
const seriesOf = (...points: [number, number][]): Series => ({
  labels: { service: 'shop', instance: 'shop-1' },
  points,
});

interface World {
  identity?: string;
  healthy?: boolean;
  series?: Series[] | Error;
  breach?: Partial<Breach>;
  /** Seconds since the action. */
  now?: number;
  incident?: Incident;
}
const GOOD: Required<Omit<World, 'incident'>> = {
  identity: '2:200',
  healthy: true,
  series: [seriesOf([after(-1), 0.99], [after(1), 0.4])],
  breach: { state: 'gone', reading: 'gives nothing', windowSeconds: 0 },
  now: 2,
};

/** One look at a world that is good but for what is given. */
function look(world: World = {}) {
  const { identity, healthy, series, breach, now, incident = incidentOf() } = { ...GOOD, ...world };
  const instances = [{ id: 'shop-1', url: null, health: 'http://shop-1/health' }];
  const verify = makeVerify({
    runtime: { inspect: async () => ({ ...before, identity }) },
    checkHealth: async () => ({ healthy, status: healthy ? 200 : 503, version: null, dependencies: [] }),
    prometheus: { raw: async () => (series instanceof Error ? Promise.reject(series) : series) },
    readBreach: async () => ({ ...(GOOD.breach as Breach), ...breach }),
    inventory: async () => [{ name: 'shop', instances }] as never,
    timeoutMs: 30_000,
    maxAttempts: 2,
    clock: () => new Date(ACTED + now * 1000),
  });
  return verify(incident, { signal });
}

test('a new process, health, a good sample from after the action and a silent alert prove recovery', async () => {
  const { result, outcome, found } = await look();
  assert.deepEqual([result, outcome], ['recovered', 'resolved']);
  assert.deepEqual(
    found.recovery.checks.map((check) => [check.name, check.result]),
    [
      ['process', 'pass'],
      ['health', 'pass'],
      ['sli memory_utilization', 'pass'],
      ['alert', 'pass'],
    ],
  );
});

const NOT_YET: [title: string, world: World][] = [
  ['the same process still runs', { identity: '1:100' }],
  ['health does not answer well', { healthy: false }],
  ['no sample is younger than the action', { series: [seriesOf([after(-1), 0.4])] }],
  ['the sample is bad', { series: [seriesOf([after(1), 0.9])] }],
  [
    'one of two metric paths is still bad',
    { series: [seriesOf([after(1), 0.4]), seriesOf([after(1), 0.9])] },
  ],
  ['Prometheus does not answer', { series: new Error('refused') }],
  ['the alert still holds', { breach: { state: 'holds' } }],
  ['the alert cannot be read', { breach: { state: 'unreadable' } }],
];
for (const [title, world] of NOT_YET)
  test(`${title}: not proved, look again`, async () => {
    const { result, dueInMs = 0 } = await look(world);
    assert.equal(result, 'pending');
    assert.ok(dueInMs > 0);
  });

test('the sample of another instance or service proves nothing', async () => {
  for (const labels of [
    { service: 'shop', instance: 'shop-2' },
    { service: 'other', instance: 'shop-1' },
  ])
    assert.equal((await look({ series: [{ labels, points: [[after(1), 0.4]] }] })).result, 'pending');
});

test('bad when the time is up is not recovered: another attempt while there is one, else failed', async () => {
  const bad = { now: 31, series: [seriesOf([after(1), 0.9])] };
  assert.equal((await look(bad)).result, 'again');
  const last = await look({ ...bad, incident: incidentOf({ actions: [action, action] }) });
  assert.deepEqual([last.result, last.outcome], ['ended', 'failed']);
});

test('what could not be seen when the time is up is unknown, and a person is told', async () => {
  const { result, outcome, found } = await look({ now: 31, series: [] });
  assert.deepEqual([result, outcome, found.recovery.result], ['ended', 'escalated', 'unknown']);
});

test('clearing: an alert that looks back over minutes is given them, if all else is good', async () => {
  const looksBack = { state: 'holds', windowSeconds: 300 } as const;
  assert.equal((await look({ breach: looksBack, now: 200 })).result, 'pending');
  assert.equal((await look({ breach: looksBack, now: 320 })).result, 'again');
  assert.equal((await look({ breach: looksBack, now: 200, healthy: false })).result, 'again');
});

test('a resolved message is no proof of ours: its SLI is read all the same', async () => {
  const resolved = incidentOf({ alerts: [{ ...alert, status: 'resolved' }] });
  const { result } = await look({ incident: resolved, series: [seriesOf([after(1), 0.9])] });
  assert.equal(result, 'pending');
});

test('a direct body knows no SLI: those that were in breach when it was looked at count', async () => {
  const data = {
    kind: 'alert',
    expression: 'memory > 0.85',
    holds: true,
    value: 0.9,
    objective: { sli: 'memory_utilization', threshold: 0.85 },
  };
  const incident = incidentOf({ alerts: [{ ...alert, annotations: {} }], evidence: [{ data }] as never });
  const { result, found } = await look({ incident, series: [seriesOf([after(1), 0.9])] });
  assert.equal(result, 'pending');
  assert.ok(found.recovery.checks.some((check) => check.name === 'sli memory_utilization'));
});

test('recovery without any SLI is said to be so', async () => {
  const { say } = await look({ incident: incidentOf({ alerts: [{ ...alert, annotations: {} }] }) });
  assert.match(say, /no SLI is known for this alert/);
});

test('looks are counted for each action anew, and come ever less often', async () => {
  const recovery = {
    result: 'pending',
    checks: [],
    looks: 9,
    since: action.settledAt as string,
    at: '',
  } as const;
  const ninth = await look({
    healthy: false,
    incident: incidentOf({ recovery: { ...recovery, checks: [] } }),
  });
  assert.equal(ninth.found.recovery.looks, 10);
  const other = await look({
    healthy: false,
    incident: incidentOf({ recovery: { ...recovery, checks: [], since: 'an earlier action' } }),
  });
  assert.equal(other.found.recovery.looks, 1);
  assert.ok((other.dueInMs ?? 0) < (ninth.dueInMs ?? 0));
});

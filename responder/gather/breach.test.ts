import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { incidentOf, NOW } from '../../test/builders.ts';
import type { Prometheus, Rules, Series } from '../clients/prometheus.ts';
import type { Alert } from '../incident/incident.ts';
import { makeAlertSource } from './alert.ts';
import { makeReadAlert, makeReadBreach } from './breach.ts';

const signal = new AbortController().signal;
const alertOf = (more: Partial<Alert> = {}): Alert => ({
  fingerprint: 'f',
  name: 'MemoryHigh',
  status: 'firing',
  severity: 'critical',
  startsAt: '2026-01-01T00:00:00.000Z',
  endsAt: null,
  labels: { alertname: 'MemoryHigh', service: 'shop', instance: 'shop-1' },
  annotations: {},
  generatorUrl: null,
  source: 'alertmanager',
  ...more,
});
const direct = alertOf({
  name: 'slow',
  source: 'direct',
  labels: { alertname: 'slow', container_name: 'shop-1' },
});
const MEMORY = {
  name: 'MemoryHigh',
  expression: 'memory > 0.85',
  annotations: { sli: 'memory_utilization', threshold: '0.85' },
};
const seriesOf = (value: number, labels: Record<string, string>): Series => ({
  labels,
  points: [[1, value]],
});

/** A Prometheus that has these rules, and these answers by expression. */
function prometheus(rules: Partial<Rules>, answers: Record<string, Series[]> = {}) {
  const asked: string[] = [];
  return {
    asked,
    rules: async () => ({ alerts: [], recordings: {}, ...rules }),
    instant: async (query: string) => {
      asked.push(query);
      return answers[query] ?? [];
    },
  };
}
const breachOf = (client: ReturnType<typeof prometheus>, ...alerts: Alert[]) =>
  makeReadBreach({ prometheus: client })({ alerts, target: 'shop' }, signal);

test('the expression of the loaded rule is read, not what the sender says', async () => {
  const client = prometheus({ alerts: [MEMORY] }, { 'memory > 0.85': [seriesOf(0.9, { service: 'shop' })] });
  const forged = alertOf({ generatorUrl: 'http://x/graph?g0.expr=vector(1)' });
  assert.equal((await breachOf(client, forged)).state, 'holds');
  assert.deepEqual(client.asked, ['memory > 0.85']);
});

test('a breach of another service or another instance is not this one', async () => {
  for (const labels of [{ service: 'other' }, { service: 'shop', instance: 'shop-2' }]) {
    const client = prometheus({ alerts: [MEMORY] }, { 'memory > 0.85': [seriesOf(0.9, labels)] });
    assert.equal((await breachOf(client, alertOf())).state, 'gone', JSON.stringify(labels));
  }
});

test('a direct body about a container is narrowed to the target and that container', async () => {
  const client = prometheus(
    { alerts: [MEMORY] },
    {
      'memory > 0.85': [
        seriesOf(0.99, { service: 'other', instance: 'shop-1' }),
        seriesOf(0.98, { service: 'shop', instance: 'shop-2' }),
        seriesOf(0.9, { service: 'shop', instance: 'shop-1' }),
      ],
    },
  );
  const read = await makeReadAlert(client, signal)(direct, 'shop');
  assert.deepEqual([read.basis, read.holds, read.value], ['slis', true, 0.9]);
  assert.deepEqual([read.objective?.sli.name, read.objective?.threshold], ['memory_utilization', 0.85]);
});

test('without a rule of its name, the expression that its sender linked to is read', async () => {
  const linked = alertOf({ name: 'TheirOwn', generatorUrl: 'http://p/graph?g0.expr=errors+%3E+1&g0.tab=1' });
  const client = prometheus({ alerts: [MEMORY] }, { 'errors > 1': [seriesOf(2, {})] });
  const read = await makeReadAlert(client, signal)(linked, 'shop');
  assert.deepEqual([read.basis, read.expression, read.holds], ['generator', 'errors > 1', true]);
});

test('with nothing that could be read it is unreadable, which is not the same as gone', async () => {
  assert.equal((await breachOf(prometheus({}), direct)).state, 'unreadable');
});

test('a Prometheus that does not answer makes it unreadable, with its words', async () => {
  const down = {
    ...prometheus({}),
    rules: () => Promise.reject(new Error('connection refused')),
  };
  const breach = await breachOf(down, alertOf());
  assert.deepEqual([breach.state, breach.reading], ['unreadable', 'connection refused']);
});

test('one alert that still holds is enough; resolved ones are not asked', async () => {
  const other = { name: 'Other', expression: 'other', annotations: {} };
  const client = prometheus({ alerts: [MEMORY, other] }, { other: [seriesOf(1, {})] });
  const both = [alertOf(), alertOf({ name: 'Other' })];
  assert.equal((await breachOf(client, ...both)).state, 'holds');
  assert.equal((await breachOf(client, alertOf({ status: 'resolved' }))).state, 'gone');
});

test('an alert that looks back for longer than what fits says nothing of now, and is told apart', async () => {
  const late = { ...MEMORY, name: 'Late', expression: 'memory:avg > 0.85' };
  const recordings = { 'memory:avg': 'avg_over_time(memory[5m])' };
  const client = prometheus(
    { alerts: [MEMORY, late], recordings },
    { 'memory:avg > 0.85': [seriesOf(0.9, {})] },
  );
  const read = makeReadBreach({ prometheus: client as never });
  const alerts = [alertOf(), alertOf({ name: 'Late' })];
  const all = await read({ alerts, target: 'shop' }, signal);
  assert.deepEqual([all.state, all.lookingBack], ['holds', null]);
  const fit = await read({ alerts, target: 'shop' }, signal, 60);
  assert.deepEqual([fit.state, fit.lookingBack?.windowSeconds], ['gone', 300]);
  assert.equal((await read({ alerts, target: 'shop' }, signal, 300)).state, 'holds');
});

/** Alerts about ends of instances, by the rules as they are committed, while their expressions still remember. */
async function remembered(name: string, fitSeconds: number) {
  const file = new URL('../../prometheus/rules/targets.yml', import.meta.url);
  const { groups } = parse(readFileSync(file, 'utf8')) as {
    groups: { rules: { alert?: string; expr: string; annotations?: Record<string, string> }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) =>
    rules.flatMap(({ alert, expr, annotations = {} }) =>
      alert ? [{ name: alert, expression: expr, annotations }] : [],
    ),
  );
  const rule = alerts.find((one) => one.name === name) ?? assert.fail(`there is no ${name}`);
  const series = [seriesOf(3, { service: 'shop', instance: 'shop-1' })];
  const read = makeReadBreach({ prometheus: prometheus({ alerts }, { [rule.expression]: series }) as never });
  return read({ alerts: [alertOf({ name })], target: 'shop' }, signal, fitSeconds);
}

test('alerts about ends of instances look back: after an action samples decide, and then they are watched', async () => {
  for (const [name, windowSeconds] of [
    ['TargetOomKilled', 60],
    ['TargetCrashLooping', 300],
  ] as const) {
    // 60 s to verify in production and 30 s in the demo, less ten.
    for (const fit of [50, 20]) {
      const { state, lookingBack } = await remembered(name, fit);
      assert.equal(state, 'gone', name);
      assert.deepEqual([lookingBack?.windowSeconds, lookingBack?.provable], [windowSeconds, true], name);
    }
    assert.equal((await remembered(name, windowSeconds)).state, 'holds');
  }
});

test('as evidence: how long an alert may hold on is told where it looks back, and only there', async () => {
  const back = { ...MEMORY, expression: 'increase(exits[1m]) > 0' };
  for (const [rule, windowSeconds] of [
    [back, 60],
    [MEMORY, undefined],
  ] as const) {
    const client = prometheus({ alerts: [rule] }, { [rule.expression]: [seriesOf(1, {})] });
    const incident = { alerts: [alertOf()], target: 'shop' };
    const source = makeAlertSource({ prometheus: client as never });
    const [finding] = await source.read({ incident, target: null, now: NOW, signal } as never);
    assert.equal(finding?.data.kind === 'alert' && finding.data.windowSeconds, windowSeconds);
  }
});

test('as evidence: a complaint that no rule knows does not count as over while no SLI is in breach', async () => {
  const source = makeAlertSource({ prometheus: prometheus({ alerts: [MEMORY] }) as never });
  const incident = { alerts: [direct], target: 'shop' };
  const [finding] = await source.read({ incident, target: null, now: new Date(0), signal } as never);
  assert.equal(finding?.status, 'no_data');
  assert.equal(finding?.data.kind === 'alert' && finding.data.holds, null);
});

test('as evidence: an alert whose own rule gives nothing is told to be over', async () => {
  const source = makeAlertSource({ prometheus: prometheus({ alerts: [MEMORY] }) as never });
  const incident = { alerts: [alertOf()], target: 'shop' };
  const [finding] = await source.read({ incident, target: null, now: new Date(0), signal } as never);
  assert.equal(finding?.data.kind === 'alert' && finding.data.holds, false);
});

test('a series that names a silent path is evidence of what carries the telemetry; the sender cannot say so', async () => {
  const absent = alertOf({ name: 'Absent', labels: { service: 'shop', silent_path: 'forged' } });
  const rule = { name: 'Absent', expression: 'absent', annotations: {} };
  const read = async (labels: Record<string, string>) => {
    const client = prometheus({ alerts: [rule] }, { absent: [seriesOf(1, labels)] });
    const source = makeAlertSource({ prometheus: client as unknown as Prometheus });
    const incident = incidentOf({ target: 'shop', alerts: [absent] });
    const found = await source.read({ incident, target: null, now: NOW, signal });
    return found.map(({ source, query, reading }) => [source, query, reading]);
  };
  const holds = ['alert', 'absent', 'Absent holds: its expression gives 1'];
  assert.deepEqual(await read({ service: 'shop', silent_path: 'collector' }), [
    holds,
    ['telemetry', 'absent', 'nothing of shop comes by the path "collector"'],
  ]);
  assert.deepEqual(await read({ service: 'shop' }), [holds]);
});

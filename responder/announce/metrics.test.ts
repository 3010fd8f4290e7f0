import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import {
  actionOf,
  alertOf,
  diagnosisOf,
  incidentOf,
  instanceOf,
  newsOf,
  verdictOf,
} from '../../test/builders.ts';
import type { ExitCount } from '../incident/exits.ts';
import { decide } from '../incident/verdict.ts';
import type { News } from './announce.ts';
import { makeAlertCounter, makeMetricsSink, makeModelMeter, registerStanding } from './metrics.ts';

function sinkOf({ alerts = async () => ['TargetMemorySaturated'], targets = async () => ['shop'] } = {}) {
  const registry = new Registry();
  const sink = makeMetricsSink({ registry, knownTargets: targets, knownAlerts: alerts });
  return { registry, tell: async (over: Partial<News>) => sink.tell(newsOf(over)) };
}
/** Samples of a metric: labels and value, without histograms' buckets. */
async function samples(registry: Registry, name: string) {
  const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
  return values.map(({ labels, value }) => ({ labels, value }));
}
async function allLabelValues(registry: Registry): Promise<string[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap((metric) =>
    metric.values.flatMap(({ labels }) => Object.values(labels).map(String)),
  );
}

test('an incident that ends is counted once, by alert, target and outcome', async () => {
  const { registry, tell } = sinkOf();
  await tell({ stage: 'verify', result: 'recovered' });
  await tell({ stage: 'learn', result: 'learned', outcome: 'resolved' });
  assert.deepEqual(await samples(registry, 'aegis_incidents_total'), [
    { labels: { alertname: 'TargetMemorySaturated', target: 'shop', outcome: 'resolved' }, value: 1 },
  ]);
});

test('names that are not known, ids and words never become labels', async () => {
  const { registry, tell } = sinkOf();
  const strange = incidentOf({
    id: 'inc-secret',
    target: 'evil-target',
    alerts: [alertOf({ name: 'EvilAlert', fingerprint: 'evil-print', labels: { pod: 'evil-pod' } })],
    diagnosis: diagnosisOf({ root_cause: 'evil words', instance: 'evil-1' }),
    verdict: verdictOf({ target: 'evil-target', instance: 'evil-1' }),
    actions: [actionOf({ id: 'evil-id', instance: 'evil-1', target: 'evil-target', detail: 'evil words' })],
  });
  for (const stage of ['gather', 'diagnose', 'guard', 'remediate', 'verify', 'learn'] as const)
    await tell({
      incident: strange,
      stage,
      result: 'denied',
      say: 'evil words',
      outcome: stage === 'learn' ? 'failed' : null,
    });
  const values = await allLabelValues(registry);
  assert.deepEqual(
    values.filter((value) => /evil|inc-/i.test(value)),
    [],
  );
  assert.deepEqual((await samples(registry, 'aegis_incidents_total'))[0]?.labels, {
    alertname: 'other',
    target: 'other',
    outcome: 'failed',
  });
});

test('an incident is counted although Prometheus cannot say which names exist', async () => {
  const down = async () => Promise.reject(new Error('Prometheus is down'));
  const { registry, tell } = sinkOf({ alerts: down });
  await tell({ stage: 'learn', result: 'learned', outcome: 'escalated' });
  assert.deepEqual(await samples(registry, 'aegis_incidents_total'), [
    { labels: { alertname: 'other', target: 'shop', outcome: 'escalated' }, value: 1 },
  ]);
});

test('diagnoses are counted by who answered, and who fell through before', async () => {
  const { registry, tell } = sinkOf();
  const fallthrough = [{ provider: 'gemini', reason: 'answered 500' }];
  await tell({ stage: 'diagnose', incident: incidentOf({ diagnosis: diagnosisOf({ fallthrough }) }) });
  await tell({
    stage: 'diagnose',
    incident: incidentOf({ diagnosis: diagnosisOf({ category: 'unknown' }) }),
  });
  assert.deepEqual(await samples(registry, 'aegis_diagnoses_total'), [
    { labels: { provider: 'gemini', outcome: 'fell_through' }, value: 1 },
    { labels: { provider: 'rules', outcome: 'answered' }, value: 1 },
    { labels: { provider: 'rules', outcome: 'unknown' }, value: 1 },
  ]);
});

test('why somebody fell through is its outcome', async () => {
  const { registry, tell } = sinkOf();
  const fallthrough = [
    { provider: 'gemini', reason: 'answered 429: slow down', why: 'rate_limited' as const },
    { provider: 'openai', reason: 'no key', why: 'not_set_up' as const },
  ];
  await tell({ stage: 'diagnose', incident: incidentOf({ diagnosis: diagnosisOf({ fallthrough }) }) });
  const labels = (await samples(registry, 'aegis_diagnoses_total')).map((one) => one.labels);
  assert.deepEqual(labels.slice(0, 2), [
    { provider: 'gemini', outcome: 'rate_limited' },
    { provider: 'openai', outcome: 'not_set_up' },
  ]);
});

test('models are counted by tokens and dollars', async () => {
  const registry = new Registry();
  const spent = makeModelMeter(registry);
  spent('gemini', { in: 900, out: 100 }, 0.5);
  spent('gemini', { in: 100, out: 0 }, 0.25);
  assert.deepEqual(await samples(registry, 'aegis_model_tokens_total'), [
    { labels: { provider: 'gemini', kind: 'in' }, value: 1000 },
    { labels: { provider: 'gemini', kind: 'out' }, value: 100 },
  ]);
  assert.equal((await samples(registry, 'aegis_model_cost_usd_total'))[0]?.value, 0.75);
});

test('a refusal is counted by the guard that spoke last', async () => {
  const { registry, tell } = sinkOf();
  const checks = [
    { guard: 'halt', allowed: true, reason: '' },
    { guard: 'cooldown', allowed: false, reason: '' },
  ];
  const incident = incidentOf({ verdict: decide(verdictOf().planned, checks, '') });
  await tell({ stage: 'guard', result: 'denied', incident });
  await tell({ stage: 'guard', result: 'allowed', incident: incidentOf({ verdict: verdictOf() }) });
  assert.deepEqual(await samples(registry, 'aegis_guard_denials_total'), [
    { labels: { guard: 'cooldown' }, value: 1 },
  ]);
});

test('an action is counted by what became of it, not while it is only intended', async () => {
  const { registry, tell } = sinkOf();
  const verdict = verdictOf();
  const incident = (state: 'intended' | 'done' | 'failed') =>
    incidentOf({ verdict, actions: [actionOf({ state })] });
  await tell({ stage: 'remediate', result: 'wait', incident: incident('intended') });
  await tell({ stage: 'remediate', result: 'acted', incident: incident('done') });
  await tell({ stage: 'remediate', result: 'stopped', incident: incident('failed') });
  assert.deepEqual(await samples(registry, 'aegis_actions_total'), [
    { labels: { action: 'RESTART', runtime: 'process', outcome: 'done' }, value: 1 },
    { labels: { action: 'RESTART', runtime: 'process', outcome: 'failed' }, value: 1 },
  ]);
});

test('a second attempt that was stopped before it acted does not count the first one again', async () => {
  const { registry, tell } = sinkOf();
  const incident = incidentOf({ attempts: 1, verdict: verdictOf({ attempt: 2 }), actions: [actionOf()] });
  await tell({ stage: 'remediate', result: 'stopped', incident });
  assert.deepEqual(await samples(registry, 'aegis_actions_total'), []);
});

test('what is taken back is counted once, and not as done a second time', async () => {
  const { registry, tell } = sinkOf();
  const undo = (state: 'done' | 'failed') => ({ state, dueAt: null, detail: '', doneAt: null });
  const incident = (made: ReturnType<typeof actionOf>) =>
    incidentOf({ verdict: verdictOf(), actions: [made] });
  await tell({ stage: 'remediate', result: 'undone', incident: incident(actionOf({ undo: undo('done') })) });
  await tell({
    stage: 'remediate',
    result: 'stopped',
    incident: incident(actionOf({ undo: undo('failed') })),
  });
  await tell({ stage: 'remediate', result: 'stopped', incident: incident(actionOf()) });
  await tell({ stage: 'remediate', result: 'taken_back', incident: incident(actionOf()) });
  assert.deepEqual(await samples(registry, 'aegis_actions_total'), [
    { labels: { action: 'RESTART', runtime: 'process', outcome: 'undone' }, value: 2 },
    { labels: { action: 'RESTART', runtime: 'process', outcome: 'undo_failed' }, value: 1 },
  ]);
});

test('what stands is read at every scrape, and what is gone is gone', async () => {
  const registry = new Registry();
  const open = [
    { target: 'shop', state: 'verifying' },
    { target: 'evil', state: 'diagnosing' },
  ];
  registerStanding({
    registry,
    openStates: async () => open,
    targets: async () => [{ name: 'shop', instances: [instanceOf('shop-1'), instanceOf('shop-2')] }],
    lastWatchdog: async () => (open.length > 0 ? null : new Date(5_500)),
    onError: assert.fail,
  });
  assert.deepEqual(await samples(registry, 'aegis_incident_stage'), [
    { labels: { target: 'shop', stage: 'verifying' }, value: 1 },
    { labels: { target: 'other', stage: 'diagnosing' }, value: 1 },
  ]);
  assert.deepEqual(await samples(registry, 'aegis_target_instances_expected'), [
    { labels: { target: 'shop' }, value: 2 },
  ]);
  assert.deepEqual(await samples(registry, 'aegis_watchdog_received_timestamp_seconds'), [
    { labels: {}, value: 0 },
  ]);
  open.length = 0;
  assert.deepEqual(await samples(registry, 'aegis_incident_stage'), []);
  assert.equal((await samples(registry, 'aegis_watchdog_received_timestamp_seconds'))[0]?.value, 5.5);
});

test('what cannot be read now is left out and told; the other metrics are served all the same', async () => {
  const registry = new Registry();
  const told: string[] = [];
  registerStanding({
    registry,
    openStates: async () => Promise.reject(new Error('no database')),
    targets: async () => [{ name: 'shop', instances: [instanceOf('shop-1')] }],
    lastWatchdog: async () => Promise.reject(new Error('no database')),
    onError: (words) => told.push(words),
  });
  const text = await registry.metrics();
  assert.match(text, /aegis_target_instances_expected\{target="shop"\} 1/);
  assert.deepEqual(told, ['metrics: no database', 'metrics: no database']);
});

const EXITS = 'aegis_target_exits_total';
/** The counter of ends over these counts, of a shop of two instances. */
function exitCounter(counts: () => Promise<ExitCount[]>) {
  const registry = new Registry();
  const told: string[] = [];
  registerStanding({
    registry,
    openStates: async () => [],
    targets: async () => [{ name: 'shop', instances: [instanceOf('shop-1'), instanceOf('shop-2')] }],
    lastWatchdog: async () => null,
    exits: counts,
    onError: (words) => told.push(words),
  });
  return { registry, told };
}
const ended = (instance: string, reason: 'oom' | 'error', count: number, target = 'shop') => ({
  ...{ target, instance, reason, count },
});

test('ends are those in the database, from 0 on for every instance of the inventory and for no other', async () => {
  const counts = [ended('shop-1', 'oom', 2), ended('shop-9', 'oom', 5), ended('shop-1', 'error', 7, 'bank')];
  const { registry } = exitCounter(async () => counts);
  const expected = (...values: number[]) =>
    ['shop-1', 'shop-2'].flatMap((instance, i) =>
      ['oom', 'error'].map((reason, j) => ({
        labels: { target: 'shop', instance, reason },
        value: values[2 * i + j] ?? 0,
      })),
    );
  assert.deepEqual(await samples(registry, EXITS), expected(2, 0, 0, 0));
  counts.push(ended('shop-2', 'error', 1));
  assert.deepEqual(await samples(registry, EXITS), expected(2, 0, 0, 1), 'read anew, and not added up');
  const both = await Promise.all([samples(registry, EXITS), samples(registry, EXITS)]);
  assert.deepEqual(both, [expected(2, 0, 0, 1), expected(2, 0, 0, 1)], 'two scrapes at once');
  assert.match(await registry.metrics(), /# TYPE aegis_target_exits_total counter/);
});

test('ends that cannot be read are not told to be 0, which would look like a counter that fell', async () => {
  let isDown = false;
  const { registry, told } = exitCounter(async () =>
    isDown ? Promise.reject(new Error('no database')) : [ended('shop-1', 'oom', 2)],
  );
  assert.equal((await samples(registry, EXITS)).length, 4);
  isDown = true;
  assert.deepEqual(await samples(registry, EXITS), []);
  assert.deepEqual(told, ['metrics: no database']);
});

test('where the runtime does not tell how instances end, nothing claims that none did', async () => {
  const registry = new Registry();
  const none = { openStates: async () => [], targets: async () => [], lastWatchdog: async () => null };
  registerStanding({ registry, ...none, exits: null, onError: assert.fail });
  assert.equal(registry.getSingleMetric(EXITS), undefined);
});

test('alerts are counted by their status', async () => {
  const registry = new Registry();
  const count = makeAlertCounter(registry);
  for (const status of ['firing', 'firing', 'rejected']) count(status);
  assert.deepEqual(await samples(registry, 'aegis_alerts_received_total'), [
    { labels: { status: 'firing' }, value: 2 },
    { labels: { status: 'rejected' }, value: 1 },
  ]);
});

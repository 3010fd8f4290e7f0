/** What must not be done, in containers: to whoever is not opted in, to ourselves, to a crash loop; and two incidents at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../tools/demo/wait.ts';
import { startCompose } from '../../docker/compose.ts';
import type { WholeIncident } from '../../questions.ts';
import { alertOf, envelope } from '../../story.ts';

const PATIENCE_MS = 180_000;
const OPTED_IN = {
  'aegis.enable': 'true',
  'aegis.actions': 'RESTART,ROLLBACK,SCALE_UP',
  'aegis.autonomy': 'auto',
};
const SECOND = 'second-app';
const LAST_WORDS = 'cannot open the index';
const node = (script: string) => ({
  image: 'aegisops/target-app:1.0.0',
  pull_policy: 'never',
  command: ['node', '-e', script],
  restart: 'unless-stopped',
});

const story = await startCompose({
  timings: 'demo',
  services: {
    [SECOND]: {
      extends: { file: 'docker-compose.yml', service: 'target-app' },
      ports: ['127.0.0.1::8000'],
      // The kernel is first here: nobody scrapes, evaluates and acts within a second.
      environment: { OTEL_SERVICE_NAME: SECOND, OTEL_METRIC_EXPORT_INTERVAL: '1000', LEAK_SECONDS: '1' },
      labels: { 'aegis.url': `http://${SECOND}:8000`, 'aegis.health': `http://${SECOND}:8000/health` },
    },
    // Without customers nobody can tell a runaway from a rush.
    'second-load': {
      extends: { file: 'docker-compose.yml', service: 'load' },
      environment: { LOAD_SERVICE: SECOND },
    },
    bystander: node('setInterval(() => {}, 1000)'),
    looper: {
      ...node(`console.log('${LAST_WORDS}'); setTimeout(() => process.exit(3), 500)`),
      labels: OPTED_IN,
      profiles: ['later'],
    },
    // Somebody's mistake, or worse.
    postgres: { labels: OPTED_IN },
    prometheus: { labels: OPTED_IN },
    responder: { labels: OPTED_IN },
  },
});
const { proxy, project, inspect } = story;
const calls = () => proxy.changes.filter(({ path }) => path.startsWith('/containers/'));
const ended = (target: string, known: WholeIncident[] = []) =>
  until(`an incident of ${target} to end`, PATIENCE_MS, async () => {
    const all = (await story.incidents(target)).filter(({ id }) => !known.some((one) => one.id === id));
    return all.length > 0 && all.every(({ closedAt }) => closedAt !== null)
      ? (all[0] as WholeIncident)
      : null;
  });

for (const [target, why] of [
  ['bystander', 'is not opted in'],
  ['postgres', 'our database'],
  ['prometheus', 'telemetry'],
  ['responder', 'ourselves'],
] as const)
  test(`${target}: ${why}, so an alert about it makes no call on the engine`, async () => {
    proxy.changes.length = 0;
    const startsAt = new Date().toISOString();
    const alert = alertOf(
      { alertname: 'TargetDown', service: target, instance: `${project}-${target}-1` },
      { startsAt },
    );
    assert.equal((await story.post(envelope(alert))).status, 200);
    const incident = await ended(target);
    assert.equal(incident.outcome, 'escalated', incident.conclusion ?? '');
    assert.deepEqual(incident.actions, []);
    assert.deepEqual(calls(), []);
  });

test('two incidents on two containers at once: each is cured, each by one call on its own container', async () => {
  const targets = ['target-app', SECOND];
  await Promise.all(targets.map((target) => story.quiet(target, 15)));
  proxy.changes.length = 0;
  const ids = await Promise.all(targets.map(async (target) => (await inspect(`${target}-1`)).Id));
  await Promise.all(targets.map((target) => story.trigger(target, 'cpu')));
  const incidents = await Promise.all(targets.map((target) => ended(target)));
  for (const incident of incidents) assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.deepEqual(
    calls()
      .map(({ path }) => path)
      .toSorted(),
    ids.map((id) => `/containers/${id}/restart`).toSorted(),
  );
});

test('memory, and the kernel is first: Docker has it up again, we do nothing, and remember; the third time a person is told', async () => {
  const outcomes: string[] = [];
  for (const round of [1, 2, 3]) {
    await story.quiet(SECOND, 5);
    const known = await story.incidents(SECOND);
    proxy.changes.length = 0;
    await story.trigger(SECOND, 'memory');
    const incident = await ended(SECOND, known);
    outcomes.push(incident.outcome ?? '');
    assert.equal(incident.diagnosis?.category, 'memory_leak', incident.conclusion ?? '');
    assert.deepEqual(calls(), [], incident.conclusion ?? '');
    assert.match(JSON.stringify(incident.evidence), /killed by the kernel for its memory limit/);
    assert.match(incident.conclusion ?? '', /memory/, `round ${round}`);
  }
  assert.deepEqual(outcomes, ['no_action', 'no_action', 'escalated']);
});

test('a crash loop is never answered by a restart: a person is told the exit code and the last words', async () => {
  proxy.changes.length = 0;
  await story.compose('up', '-d', '--no-deps', 'looper');
  const incident = await until('the loop to be told', PATIENCE_MS, async () => {
    const all = await story.incidents('looper');
    return (
      all.find(({ diagnosis, closedAt }) => closedAt !== null && diagnosis?.category === 'crash_loop') ?? null
    );
  });
  assert.equal(incident.outcome, 'escalated');
  assert.match(incident.conclusion ?? '', /exit code 3/);
  assert.match(JSON.stringify(incident.diagnosis), new RegExp(LAST_WORDS));
  assert.ok(
    await story.query('count(aegis_target_exits_total > 0)'),
    'what the rules of exits read is there',
  );
  assert.deepEqual(
    calls().filter(({ method }) => method !== 'GET'),
    [],
  );
});

test('the engine was asked for nothing that is not documented', () => {
  assert.deepEqual(proxy.refused, []);
});

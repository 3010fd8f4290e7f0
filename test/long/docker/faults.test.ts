/** Every fault in containers: the right action on the real container, proved, and nothing done to any other. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '../../../tools/demo/wait.ts';
import { deployByCompose } from '../../../tools/deploy/compose.ts';
import { startCompose } from '../../docker/compose.ts';
import type { WholeIncident } from '../../questions.ts';

const TARGET = 'target-app';
const BASELINE_SAMPLES = 15;
const PATIENCE_MS = 180_000;
/** On top of the usual 20 requests a second; one instance carries 80. */
const SURGE_RPS = 110;

const story = await startCompose({ timings: 'demo' });
const { docker, compose, proxy, project, inspect } = story;
const container = (name: string) => `${project}-${name}`;
const loads: string[] = [];
after(async () => {
  if (loads.length > 0) await docker('rm', '-f', ...loads);
});

/** Quiet, the fault, and how it ended; the calls that changed a container are counted from the fault on. */
async function answerTo(cause: () => Promise<unknown>): Promise<WholeIncident> {
  await story.quiet(TARGET, BASELINE_SAMPLES);
  const known = (await story.incidents(TARGET)).map(({ id }) => id);
  proxy.changes.length = 0;
  await cause();
  // One that ended by itself (a deploy takes the service down for a second) was not about the fault.
  return until(`the incident of ${TARGET} to end`, PATIENCE_MS, async () => {
    const all = (await story.incidents(TARGET)).filter(({ id }) => !known.includes(id));
    if (all.some(({ closedAt }) => closedAt === null)) return null;
    return all.find(({ outcome }) => outcome !== 'no_action') ?? null;
  });
}
const summary = ({ outcome, diagnosis, actions }: WholeIncident) => [
  diagnosis?.category,
  actions.map(({ action, state }) => `${action} ${state}`).join(', ') || diagnosis?.action,
  outcome,
];
/** Calls that changed a container, in order: method and what was done, without ids. */
const calls = () =>
  proxy.changes
    .filter(({ path }) => path.startsWith('/containers/'))
    .map(({ method, path }) => (method === 'DELETE' ? 'remove' : (path.split('/').at(-1) ?? '')));

for (const [fault, category] of [
  ['memory', 'memory_leak'],
  ['cpu', 'cpu_saturation'],
  ['wedge', 'cpu_saturation'],
  ['db_latency', 'db_contention'],
  ['errors', 'resource_exhaustion'],
] as const)
  test(`trigger_${fault}: ${category}, RESTART of the same container, by one call`, async () => {
    const before = await inspect(`${TARGET}-1`);
    const incident = await answerTo(() => story.trigger(TARGET, fault));
    assert.deepEqual(summary(incident), [category, 'RESTART done', 'resolved'], incident.conclusion ?? '');
    const now = await inspect(`${TARGET}-1`);
    assert.deepEqual([now.Id, now.State.Running], [before.Id, true]);
    assert.notEqual(now.State.StartedAt, before.State.StartedAt);
    assert.equal(now.RestartCount, 0, 'by us, not by its policy');
    assert.deepEqual(calls(), ['restart']);
  });

test('docker kill: process_down, RESTART, since its policy does not bring back what was killed by hand', async () => {
  const incident = await answerTo(() => docker('kill', container(`${TARGET}-1`)));
  assert.deepEqual(
    summary(incident),
    ['process_down', 'RESTART done', 'resolved'],
    incident.conclusion ?? '',
  );
  assert.deepEqual(calls(), ['restart']);
});

test('a surge: SCALE_UP, seen by Prometheus, the load and Compose; taken away again when it is over', async () => {
  const before = await inspect(`${TARGET}-1`);
  const incident = await answerTo(async () => {
    const more = ['-e', `LOAD_RPS=${SURGE_RPS}`, '-e', `LOAD_MAX_IN_FLIGHT=${SURGE_RPS}`];
    loads.push(await compose('run', '-d', '--no-deps', ...more, 'load'));
  });
  assert.deepEqual(
    summary(incident),
    ['traffic_surge', 'SCALE_UP done', 'resolved'],
    incident.conclusion ?? '',
  );
  const replica = await inspect(`${TARGET}-2`);
  assert.equal(replica.Image, before.Image);
  assert.match(
    await compose('ps', '--format', '{{.Name}}', TARGET),
    new RegExp(`^${container(TARGET)}-2$`, 'm'),
  );
  const [up] = [await story.query(`count(service:up:max{service="${TARGET}"} == 1)`)];
  assert.equal(up, 2);
  await docker('rm', '-f', ...loads.splice(0));
  await until('the replica to be taken away', PATIENCE_MS, async () => {
    const all = await docker('ps', '-a', '--format', '{{.Names}}');
    return all.split('\n').includes(container(`${TARGET}-2`)) ? null : true;
  });
  assert.deepEqual(calls(), ['create', 'start', 'stop', 'remove']);
  const [whole] = (await story.incidents(TARGET)).filter(({ id }) => id === incident.id);
  assert.ok(whole?.timeline.some(({ kind }) => kind === 'taken_back'));
});

test('release 1.1.0 by npm run deploy: bad_release, ROLLBACK to the image of 1.0.0, and how to make it last', async () => {
  const before = await inspect(`${TARGET}-1`);
  const said: string[] = [];
  const incident = await answerTo(() =>
    deployByCompose({ ...story, target: TARGET, version: '1.1.0', say: (line) => void said.push(line) }),
  );
  assert.match(
    said.join(),
    /target-app (runs 1\.1\.0, in place of 1\.0\.0; set TARGET_APP_VERSION=1\.1\.0 in \.env|ran 1\.1\.0, and AegisOps has put back)/,
  );
  assert.deepEqual(
    summary(incident),
    ['bad_release', 'ROLLBACK done', 'resolved'],
    incident.conclusion ?? '',
  );
  assert.match(incident.conclusion ?? '', /pin .*1\.0\.0/i);
  assert.deepEqual(calls(), ['create', 'stop', 'rename', 'rename', 'start', 'remove']);
  const now = await inspect(`${TARGET}-1`);
  assert.equal(now.Image, before.Image);
  assert.match(
    await compose('ps', '--format', '{{.Name}}', TARGET),
    new RegExp(`^${container(TARGET)}-1$`, 'm'),
  );
  const health = await (await fetch(`${await story.addressOf(TARGET)}/health`)).json();
  assert.equal((health as { version: string }).version, '1.0.0');
});

test('the engine was asked for nothing that is not documented', () => {
  assert.deepEqual(proxy.refused, []);
});

/** `docker compose up` with an unchanged .env.example, as shipped: healthy, a leak cured in the real container, and nothing left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../tools/demo/wait.ts';
import { startCompose } from '../../docker/compose.ts';

const story = await startCompose({ timings: 'shipped' });
const PATIENCE_MS = 300_000;

test('the responder is no root, alone has the socket, and says which targets it cares for', async () => {
  const status = await story.docker('exec', `${story.project}-responder-1`, 'cat', '/proc/1/status');
  assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
  assert.match(status, /^CapEff:\t0+$/m);
  const expected = `aegis_target_instances_expected{target="target-app"}`;
  await until('Prometheus to know the target', PATIENCE_MS, async () =>
    (await story.query(expected)) === 1 ? true : null,
  );
});

test('a leak: the container is restarted at 85 %, before the kernel kills it', async () => {
  await story.quiet('target-app', 5);
  const before = await story.inspect('target-app-1');
  await story.trigger('target-app', 'memory');
  const incident = await until('the incident to end', PATIENCE_MS, async () => {
    const [newest] = await story.incidents('target-app');
    return newest?.closedAt ? newest : null;
  });
  assert.deepEqual(
    [incident.outcome, incident.diagnosis?.category, incident.actions.map(({ action }) => action)],
    ['resolved', 'memory_leak', ['RESTART']],
    incident.conclusion ?? '',
  );
  const after = await story.inspect('target-app-1');
  assert.equal(after.Id, before.Id);
  assert.notEqual(after.State.StartedAt, before.State.StartedAt);
  assert.deepEqual(
    [after.State.OOMKilled, after.RestartCount],
    [false, 0],
    'by us, not by the kernel and its policy',
  );
  assert.deepEqual(
    story.proxy.changes
      .filter(({ path }) => !path.startsWith('/images/'))
      .map(({ method, path }) => `${method} ${path}`),
    [`POST /containers/${before.Id}/restart`],
    'one call that changes something',
  );
  assert.deepEqual(story.proxy.refused, []);
});

test('docker compose down leaves nothing', async () => {
  await story.compose('down', '-v', '--timeout', '2');
  for (const what of [
    ['ps', '-aq'],
    ['volume', 'ls', '-q'],
    ['network', 'ls', '-q'],
  ])
    assert.equal(
      await story.docker(...what, '--filter', `label=com.docker.compose.project=${story.project}`),
      '',
      what[0],
    );
});

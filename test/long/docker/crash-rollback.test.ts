/** `kill -9` of the responder's process at each call of a ROLLBACK on the engine: Docker starts it again, and it goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../tools/demo/wait.ts';
import { deployByCompose } from '../../../tools/deploy/compose.ts';
import { startCompose } from '../../docker/compose.ts';
import type { EngineCall } from '../../docker/socket-proxy.ts';

const TARGET = 'target-app';
const GOOD = '1.0.0';
const BAD = '1.1.0';
const BASELINE_SAMPLES = 15;
const PATIENCE_MS = 240_000;
/** What one rollback of one container is made of; the last takes away what was kept, once it is proved. */
const CALLS = ['create', 'stop', 'rename', 'rename', 'start', 'remove'];

const story = await startCompose({
  timings: 'demo',
  env: { AEGIS_COOLDOWN_SECONDS: '0', AEGIS_STILL_FIRING_SECONDS: '60' },
});
const { proxy, inspect } = story;
const isOfContainer = ({ method, path }: EngineCall) =>
  method !== 'GET' && path.startsWith('/containers/') && !path.startsWith('/containers/aegis-may-i');
const nameOf = ({ method, path }: EngineCall) =>
  method === 'DELETE' ? 'remove' : (path.split('/').at(-1) ?? '');

/** Kills it before the call of that number reaches the engine, or when the engine has answered, once. */
function killAt(number: number, when: 'before' | 'after'): { killed: () => boolean } {
  let [count, killed] = [0, false];
  const kill = async (call: EngineCall) => {
    if (!isOfContainer(call) || killed) return;
    if (when === 'after' ? ++count !== number : count++ !== number - 1) return;
    killed = true;
    process.kill(await story.pidOf('responder-1'), 'SIGKILL');
    // What was sent before it died is a call all the same; what it never sent is none.
    if (when === 'before') throw new Error('its caller is dead');
  };
  proxy.before = when === 'before' ? kill : () => undefined;
  proxy.after = when === 'after' ? kill : () => undefined;
  return { killed: () => killed };
}

/** After one call is before the next. */
const POINTS: [when: 'before' | 'after', number: number][] = [
  ['before', 1],
  ...CALLS.map((_, i): ['after', number] => ['after', i + 1]),
];

for (const [when, number] of POINTS)
  test(`killed ${when} call ${number} (${CALLS[number - 1]}): the good release runs, and each call was made once`, async () => {
    const good = await inspect(`${TARGET}-1`);
    await story.quiet(TARGET, BASELINE_SAMPLES);
    // How many requests failed before the release has to be known.
    const known30 = `min(count_over_time(service:error_ratio:max{service="${TARGET}"}[30s]))`;
    await until('a baseline of errors', PATIENCE_MS, async () =>
      ((await story.query(known30)) ?? 0) >= 20 ? true : null,
    );
    const known = (await story.incidents(TARGET)).map(({ id }) => id);
    proxy.changes.length = 0;
    // It may be done with the release before the release's own health check has answered.
    const { killed } = killAt(number, when);
    await deployByCompose({ ...story, target: TARGET, version: BAD, say: () => undefined });
    const incident = await until('the rollback to be proved', PATIENCE_MS, async () => {
      const all = (await story.incidents(TARGET)).filter(({ id }) => !known.includes(id));
      const acted = all.find(({ actions }) => actions.some(({ state }) => state !== 'withdrawn'));
      const isOver = all.every(({ closedAt }) => closedAt !== null);
      if (acted && isOver) return acted;
      throw new Error(
        all.map(({ state, conclusion }) => `${state}: ${conclusion}`).join('; ') || 'none opened',
      );
    });
    assert.ok(killed(), 'it was killed');
    assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
    assert.deepEqual(
      incident.actions.map(({ action, state }) => `${action} ${state}`),
      ['ROLLBACK done'],
    );
    const made = proxy.changes.filter(isOfContainer).map(nameOf);
    // A call that its caller did not live to send reached the proxy alone.
    if (when === 'before') made.splice(number - 1, 1);
    assert.deepEqual(made, CALLS);
    const now = await inspect(`${TARGET}-1`);
    assert.deepEqual([now.Image, now.State.Running], [good.Image, true]);
    assert.deepEqual(
      incident.timeline.filter(({ kind }) => kind === 'learned').length,
      1,
      'the lesson counts once',
    );
  });

test(`the record of what ran has both releases, and ${GOOD} is the last`, async () => {
  const tags = await story.docker(
    'images',
    '--format',
    '{{.Tag}}',
    `aegis-releases/${story.project}/${TARGET}`,
  );
  const versions = tags
    .split('\n')
    .toSorted()
    .map((tag) => tag.split('_')[1]);
  assert.equal(versions.at(-1), GOOD);
  assert.ok(versions.includes(BAD));
});

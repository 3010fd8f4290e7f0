/** The engine goes away in the middle of an action and comes back: the action is finished, once. On an engine of the test's own. */
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { makeDockerRuntime } from '../../../responder/clients/runtimes/docker.ts';
import { type Engine as Calls, makeEngine } from '../../../responder/clients/runtimes/docker-engine.ts';
import { BASE, buildReleases, makeDocker, makeShop } from '../../docker/containers.ts';
import { startEngine, whyNoEngine } from '../../docker/engine.ts';

const SHOP = 'aegis-away-shop';
const forever = new AbortController().signal;
const skip = whyNoEngine() ?? false;
const engine = skip ? null : await startEngine();
after(() => engine?.stop());
if (engine) await engine.load(BASE);
const host = engine?.host ?? '';
const docker = makeDocker(host);
const direct = makeEngine(host || 'unix:///nowhere');
if (engine) await buildReleases(docker, SHOP, ['1.0.0', '1.1.0']);
const shop = makeShop({ name: SHOP, engine: direct, docker, network: ['--network', 'none'] });
afterEach(() => (engine ? shop.clear() : undefined));

/** The engine ends just after it was asked for something, so that the answer is lost; it is back a moment later. */
function goingAwayAt(call: 'stop' | 'start' | 'restart' | 'create' | 'rename', how: 'restart' | 'kill') {
  let gone = false;
  const calls: string[] = [];
  const wrapped: Calls = { ...direct };
  for (const name of ['create', 'stop', 'start', 'restart', 'rename', 'remove'] as const) {
    const change = direct[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(wrapped, {
      [name]: async (...args: unknown[]) => {
        calls.push(name);
        if (gone || name !== call) return change(...args);
        gone = true;
        const asked = change(...args).catch((error) => error);
        if (how === 'kill') await engine?.kill();
        await engine?.restart();
        const answer = await asked;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
  }
  const runtime = makeDockerRuntime({
    engine: wrapped,
    meter: { seconds: () => null, cores: () => null },
    protection: { hosts: [], ownId: null, filter: null },
    ...{ graceMs: 10_000, drainMs: 1_000, healthOf: async () => null },
  });
  return { runtime, calls, wasGone: () => gone };
}

for (const how of ['restart', 'kill'] as const) {
  test(`RESTART while the engine is away (${how}): the container runs anew in the end`, {
    skip,
  }, async () => {
    const id = await shop.start('1.0.0');
    const { runtime, wasGone } = goingAwayAt('restart', how);
    const before = await runtime.inspect(`${SHOP}-1`);
    const now = await runtime.restart(`${SHOP}-1`, before, 'start-1', forever);
    assert.ok(wasGone());
    assert.equal(now.state, 'running');
    assert.notEqual(now.identity, before.identity);
    assert.equal((await shop.inspect(`${SHOP}-1`)).Id, id);
  });

  for (const call of ['create', 'stop', 'rename', 'start'] as const)
    test(`ROLLBACK, the engine away at ${call} (${how}): the old release runs, the other is kept, no third is there`, {
      skip,
    }, async () => {
      await shop.deployed();
      const { runtime, calls, wasGone } = goingAwayAt(call, how);
      const before = await runtime.inspect(`${SHOP}-1`);
      const now = await runtime.roll(`${SHOP}-1`, before, '1.0.0', 'start-1', forever);
      assert.ok(wasGone(), calls.join(', '));
      assert.deepEqual([now.state, now.version, now.startId], ['running', '1.0.0', 'start-1']);
      const names = await docker('ps', '-a', '--format', '{{.Names}}', '--filter', `name=${SHOP}`);
      assert.deepEqual(names.split('\n').toSorted(), [`${SHOP}-1`, `${SHOP}-1.aegis-kept-start-1`]);
    });
}

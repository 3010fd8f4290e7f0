/** A crash before and after each call of an action on the real engine: whoever comes next finishes it, and makes nothing twice. */
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { makeDockerRuntime } from '../../../responder/clients/runtimes/docker.ts';
import { type Engine, makeEngine } from '../../../responder/clients/runtimes/docker-engine.ts';
import type { Runtime } from '../../../responder/clients/runtimes/runtime.ts';
import type { ActionRecord } from '../../../responder/incident/incident.ts';
import { restart } from '../../../responder/remediate/actions/restart.ts';
import { rollback } from '../../../responder/remediate/actions/rollback.ts';
import { scaleUp } from '../../../responder/remediate/actions/scale-up.ts';
import type { Operation } from '../../../responder/remediate/operation.ts';
import { actionOf, plannedOf, targetOf } from '../../builders.ts';
import { buildReleases, makeDocker, makeShop } from '../../docker/containers.ts';

const SHOP = 'aegis-crash-shop';
const NETWORK = 'aegis-crash-net';
const ID = 'act-1';
const CHANGES = ['create', 'connect', 'start', 'stop', 'restart', 'rename', 'remove'] as const;
const forever = new AbortController().signal;
const docker = makeDocker();
const real = makeEngine(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock');

const unbuild = await buildReleases(docker, SHOP, ['1.0.0', '1.1.0']);
await docker('network', 'create', NETWORK);
const shop = makeShop({ name: SHOP, engine: real, docker, network: ['--network', NETWORK] });
after(async () => {
  await docker('network', 'rm', NETWORK);
  await unbuild();
});
afterEach(shop.clear);

/** No error that the runtime knows: the process is gone. */
class Crash extends Error {}

/** Dies before or after the call of that number; counts every call that was made. */
function dyingAt(number: number, when: 'before' | 'after', calls: string[]): Engine {
  const engine = { ...real };
  for (const name of CHANGES) {
    const change = real[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(engine, {
      [name]: async (...args: unknown[]) => {
        if (calls.length + 1 === number && when === 'before') throw new Crash();
        calls.push(name);
        const answer = await change(...args);
        if (calls.length === number && when === 'after') throw new Crash();
        return answer;
      },
    });
  }
  return engine;
}
const runtimeOn = (engine: Engine): Runtime =>
  makeDockerRuntime({
    engine,
    meter: { seconds: () => null, cores: () => null },
    protection: { hosts: [], ownId: null, filter: null },
    ...{ graceMs: 1_000, drainMs: 1_000, healthOf: async () => null },
  });

interface Case {
  operation: Operation;
  planned: Parameters<typeof plannedOf>[0];
  /** How many calls it takes, and of which kind at most once. */
  calls: number;
  version: string;
}
const CASES: Record<string, Case> = {
  RESTART: {
    operation: restart,
    planned: { action: 'RESTART', instance: `${SHOP}-1` },
    calls: 1,
    version: '1.1.0',
  },
  ROLLBACK: {
    operation: rollback,
    planned: { action: 'ROLLBACK', version: '1.0.0' },
    calls: 5,
    version: '1.0.0',
  },
  SCALE_UP: { operation: scaleUp, planned: { action: 'SCALE_UP' }, calls: 2, version: '1.1.0' },
};

for (const [name, { operation, planned, calls: many, version }] of Object.entries(CASES)) {
  for (let number = 1; number <= many; number++)
    for (const when of ['before', 'after'] as const)
      test(`${name}: a crash ${when} call ${number} of ${many}`, async () => {
        await shop.deployed();
        const intent = await intend(operation, planned);
        const calls: string[] = [];
        await assert.rejects(run(operation, runtimeOn(dyingAt(number, when, calls)), intent), Crash);
        const next = runtimeOn(dyingAt(0, 'before', calls));
        const now = await Promise.all(intent.before.instances.map(({ instance }) => next.inspect(instance)));
        const answer = operation.wasDone(intent, now);
        assert.notEqual(answer, 'cannot tell', JSON.stringify(now));
        if (answer !== 'done') await run(operation, next, intent);
        assert.equal(calls.length, many, `nothing was done twice: ${calls.join(', ')}`);
        const state = await next.inspect(intent.before.instances[0]?.instance ?? '');
        assert.deepEqual([state.state, state.version], ['running', version]);
      });

  test(`${name}: without a crash it takes ${many} calls, and done twice it makes none`, async () => {
    await shop.deployed();
    const intent = await intend(operation, planned);
    const calls: string[] = [];
    const runtime = runtimeOn(dyingAt(0, 'before', calls));
    await run(operation, runtime, intent);
    assert.equal(calls.length, many, calls.join(', '));
    if (name === 'RESTART') return; // its intent is settled by the start time: `done`, above
    await run(operation, runtime, intent);
    assert.equal(calls.length, many, calls.join(', '));
  });
}

async function intend(operation: Operation, over: Case['planned']): Promise<ActionRecord> {
  const target = targetOf({ name: SHOP, instances: [{ id: `${SHOP}-1`, url: null, health: null }] });
  const planned = plannedOf({ target: SHOP, instance: null, ...over });
  const prepared = await operation.prepare(runtimeOn(real), { planned, target, seen: [] });
  assert.ok('before' in prepared, JSON.stringify(prepared));
  const before = { ...prepared.before, lastOutput: '' };
  return actionOf({
    id: ID,
    action: planned.action,
    target: SHOP,
    instance: prepared.instance,
    before,
    state: 'intended',
  });
}

function run(operation: Operation, runtime: Runtime, intent: ActionRecord) {
  return operation.run(runtime, intent, forever, async () => undefined);
}

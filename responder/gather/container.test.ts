import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, NOW, stateOf, targetOf } from '../../test/builders.ts';
import type { RuntimeState } from '../clients/runtimes/runtime.ts';
import { makeContainerSource } from './container.ts';

/** Looks at one instance twice, and gives what was found. */
async function look(inspect: (look: number) => RuntimeState) {
  let looks = 0;
  const runtime = { name: 'process', inspect: async () => inspect(++looks) };
  const { signal } = new AbortController();
  const question = { incident: incidentOf(), target: targetOf(), now: NOW, signal };
  const [finding] = await makeContainerSource({ runtime }).read(question);
  if (finding?.data.kind !== 'container') return assert.fail('no container');
  return { ...finding.data, reading: finding.reading, looks };
}
const cpu = (share: number) => () => stateOf({ cpuSeconds: (performance.now() / 1000) * share });

test('CPU is what was used between two looks, in cores', async () => {
  const { cores, reading } = await look(cpu(0.97));
  assert.ok(cores && Math.abs(cores - 0.97) < 0.15, `${cores}`);
  assert.match(
    reading,
    /shop-1 is running since .*, release 1\.0\.0, uses \d\.\d\d CPU cores: process 100 runs/,
  );
  assert.equal((await look(cpu(0))).cores, 0);
});

test('CPU is not known of what does not run, tells nothing, or was started anew in between', async () => {
  const gone = await look(() => stateOf({ state: 'exited', cpuSeconds: null }));
  assert.deepEqual([gone.cores, gone.looks], [null, 1]);
  assert.equal((await look(() => stateOf({ cpuSeconds: null }))).cores, null);
  assert.equal((await look((n) => stateOf({ identity: `100:${n}`, cpuSeconds: n }))).cores, null);
  assert.equal((await look((n) => stateOf({ cpuSeconds: n === 1 ? 1 : null }))).cores, null);
});

test('a second look that fails takes nothing from the first', async () => {
  const { container, cores } = await look((n) => {
    if (n === 2) throw new Error('no answer');
    return stateOf();
  });
  assert.deepEqual([container?.state, cores], ['running', null]);
});

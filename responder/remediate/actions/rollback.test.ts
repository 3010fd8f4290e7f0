import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceOf, pictureOf, plannedOf, stateOf, targetOf } from '../../../test/builders.ts';
import type { ActionRecord, InstanceState } from '../../incident/incident.ts';
import { fakeRuntime, type RuntimeWorld, recordOf, started } from '../remediate.test-helper.ts';
import { rollback } from './rollback.ts';

const { signal } = new AbortController();
const [one, two] = [
  stateOf({ version: '2.0.0' }),
  stateOf({ instance: 'shop-2', identity: '101:1', version: '2.0.0' }),
];
const BOTH = pictureOf({ instances: [one, two], from: '2.0.0', to: '1.0.0' });
const intent = (over: Partial<ActionRecord> = {}) => recordOf('ROLLBACK', { before: BOTH, ...over });
const done = (instance: string) => started({ instance });
const down = (state: InstanceState): InstanceState => ({ ...state, state: 'exited' });
const OTHERS = { 'shop-2': two };

function prepare(world: RuntimeWorld, version: string | null = '1.0.0', seen = [one, two]) {
  const planned = plannedOf({ action: 'ROLLBACK', instance: null, version });
  const target = targetOf({ instances: ['shop-1', 'shop-2'].map(instanceOf) });
  return rollback.prepare(fakeRuntime({ others: OTHERS, ...world }).runtime, { planned, target, seen });
}
async function run(world: RuntimeWorld) {
  const { runtime, did } = fakeRuntime({ others: OTHERS, ...world });
  const renew = async () => void did.push('renew');
  const after = await rollback.run(runtime, intent(), signal, renew);
  return { did, after };
}
async function undo(world: RuntimeWorld, action = intent()) {
  const { runtime, did } = fakeRuntime({ others: OTHERS, ...world });
  const told = await rollback.undo?.(runtime, action, signal);
  return { did, told };
}

test('the picture shows all instances, and the release that they leave', async () => {
  const before = { instances: [one, two], like: null, from: '2.0.0', to: '1.0.0' };
  assert.deepEqual(await prepare({}), { instance: 'shop-1, shop-2', before });
});

test('an instance that runs that release already is not touched', async () => {
  const answer = await prepare({ releases: { 'shop-1': ['1.0.0', '2.0.0', '1.0.0'] } });
  assert.ok('before' in answer);
  assert.deepEqual([answer.instance, answer.before.instances], ['shop-2', [two]]);
});

const REFUSALS: [string, Parameters<typeof prepare>, string][] = [
  ['no release is named', [{}, null], 'no release to go back to is named'],
  ['an instance never ran it', [{ releases: { 'shop-2': ['2.0.0'] } }], 'shop-2 has no 1.0.0 in its record'],
  ['an instance has no record', [{ releases: { 'shop-1': [] } }], 'shop-1 has no 1.0.0 in its record'],
  [
    'all run it already',
    [{ releases: { 'shop-1': ['1.0.0'], 'shop-2': ['2.0.0', '1.0.0'] } }],
    'runs 1.0.0 already',
  ],
  ['one cannot be told', [{ state: { ...one, state: 'unknown' } }], 'the state of shop-1 cannot be told'],
  [
    'one runs another release than was looked at',
    [{}, '1.0.0', [one, { ...two, version: '1.5.0' }]],
    'shop-2 runs 2.0.0 now; the evidence was of 1.5.0',
  ],
];
for (const [words, args, refusal] of REFUSALS)
  test(`no rollback where ${words}`, async () => {
    const answer = await prepare(...args);
    assert.ok('refused' in answer && answer.refused.includes(refusal), JSON.stringify(answer));
  });

test('a release that is started again and again can be left all the same', async () => {
  const answer = await prepare({}, '1.0.0', [one, { ...two, identity: '9:9' }]);
  assert.ok('before' in answer, JSON.stringify(answer));
});

test('one instance after the other goes back, the lease renewed before each', async () => {
  const { did, after } = await run({});
  assert.deepEqual(did, [
    ...['renew', 'roll shop-1 to 1.0.0 (was 100:1) as act-1'],
    ...['renew', 'roll shop-2 to 1.0.0 (was 101:1) as act-1'],
  ]);
  assert.deepEqual(
    after.map(({ instance, version }) => `${instance} ${version}`),
    ['shop-1 1.0.0', 'shop-2 1.0.0'],
  );
});

test('one that went back before a crash is not touched again', async () => {
  const { did, after } = await run({ state: done('shop-1') });
  assert.deepEqual(did, ['renew', 'renew', 'roll shop-2 to 1.0.0 (was 101:1) as act-1']);
  assert.equal(after.length, 2);
});

test('after a crash: each instance has its fate, and together they are done, not done, or half done', () => {
  const fates: [InstanceState[], string][] = [
    [[one, two], 'not done'],
    [[done('shop-1'), done('shop-2')], 'done'],
    [[done('shop-1'), two], 'half'],
    [[one, down(two)], 'half'],
    [[down(one), down(two)], 'half'],
    [[done('shop-1'), { ...two, identity: '9:9' }], 'cannot tell'],
    [[down(done('shop-1')), two], 'cannot tell'],
    [[one], 'cannot tell'],
  ];
  for (const [now, fate] of fates) assert.equal(rollback.wasDone(intent(), now), fate, JSON.stringify(now));
});

test('the way back puts the release that was left on every instance, under an id of its own', async () => {
  const { did, told } = await undo({ state: done('shop-1'), others: { 'shop-2': done('shop-2') } });
  assert.deepEqual(did, [
    'roll shop-1 to 2.0.0 (was 200:9) as act-1-undo',
    'roll shop-2 to 2.0.0 (was 200:9) as act-1-undo',
  ]);
  assert.equal(told, 'back again: 2.0.0 on shop-1, 2.0.0 on shop-2');
});

test('what somebody else started since is left to them, and not said to be back', async () => {
  const { did, told } = await undo({ state: done('shop-1') });
  assert.deepEqual(did, ['roll shop-1 to 2.0.0 (was 200:9) as act-1-undo']);
  assert.equal(told, 'back again: 2.0.0 on shop-1', 'shop-2 was never rolled');
  const theirs = { ...two, identity: '9:9', startId: 'deploy-7' };
  const none = await undo({ others: { 'shop-2': theirs } });
  assert.deepEqual([none.did, none.told], [[], 'nothing was put back: no instance is as it was left']);
});

test('what was ended and not started again is started with the release that it had', async () => {
  const { did, told } = await undo({ state: down(one) });
  assert.deepEqual(did, ['roll shop-1 to 2.0.0 (was 100:1) as act-1-undo']);
  assert.equal(told, 'back again: 2.0.0 on shop-1');
});

test('what did not run before is not started by the way back', async () => {
  const before = pictureOf({ ...BOTH, instances: [down(one)] });
  assert.deepEqual((await undo({ state: down(one) }, intent({ before }))).did, []);
});

test('gone back twice over, nothing is touched the second time, and the same is told', async () => {
  const back = { startId: 'act-1-undo', version: '2.0.0' };
  const others = { 'shop-2': started({ instance: 'shop-2', ...back }) };
  const { did, told } = await undo({ state: started(back), others });
  assert.deepEqual(did, []);
  assert.equal(told, 'back again: 2.0.0 on shop-1, 2.0.0 on shop-2');
});

test('without a release on record there is none to put back', async () => {
  const { did, told } = await undo(
    { state: done('shop-1') },
    intent({ before: pictureOf({ instances: [stateOf({ version: null })], to: '1.0.0', from: null }) }),
  );
  assert.deepEqual(did, []);
  assert.match(told ?? '', /nothing was put back/);
});

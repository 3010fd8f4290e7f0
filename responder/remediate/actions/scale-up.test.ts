import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceOf, pictureOf, plannedOf, stateOf, targetOf } from '../../../test/builders.ts';
import { AegisError } from '../../errors.ts';
import type { InstanceState } from '../../incident/incident.ts';
import { fakeRuntime, notThere, recordOf, started } from '../remediate.test-helper.ts';
import { scaleUp } from './scale-up.ts';

const planned = plannedOf({ action: 'SCALE_UP', instance: null });
const { signal } = new AbortController();
function prepare(ids: string[], others: Record<string, InstanceState> = {}) {
  const target = targetOf({ instances: ids.map(instanceOf) });
  return scaleUp.prepare(fakeRuntime({ others }).runtime, { planned, target, seen: [] });
}
const wasDone = (...now: InstanceState[]) => scaleUp.wasDone(recordOf('SCALE_UP'), now);

test('the picture names what is made, and what it is made like: the first of the service', async () => {
  const before = { instances: [notThere()], like: 'shop-1', from: null, to: null };
  assert.deepEqual(await prepare(['shop-1', 'shop-3']), { instance: 'shop-2', before });
});

test('a service without an instance has none to make another one of', async () => {
  assert.deepEqual(await prepare([]), { refused: 'shop has no instance to make another one of' });
});

test('what runs already under the next name is left alone', async () => {
  const running = stateOf({ instance: 'shop-2' });
  assert.deepEqual(await prepare(['shop-1'], { 'shop-2': running }), {
    refused: 'shop-2 runs already: process 100 runs',
  });
  const exited = await prepare(['shop-1'], { 'shop-2': { ...running, state: 'exited' } });
  assert.ok('before' in exited, 'the name of one that ended is free');
});

test('the call is made under the id of the intent, after the lease is renewed', async () => {
  const { runtime, did } = fakeRuntime();
  const renew = async () => void did.push('renew');
  const after = await scaleUp.run(runtime, recordOf('SCALE_UP'), signal, renew);
  assert.deepEqual(did, ['renew', 'scale up to shop-2 like shop-1']);
  assert.deepEqual(after, [started({ instance: 'shop-2', version: '2.0.0' })]);
});

test('with a lease that is lost, or a picture that shows no model, nothing is started', async () => {
  const { runtime, did } = fakeRuntime();
  const lost = async () => Promise.reject(new Error('lost'));
  await assert.rejects(scaleUp.run(runtime, recordOf('SCALE_UP'), signal, lost), /lost/);
  const blind = recordOf('SCALE_UP', { before: pictureOf({ like: null }) });
  const failure = await scaleUp.run(runtime, blind, signal, async () => {}).catch((error) => error);
  assert.ok(failure instanceof AegisError && failure.code === 'AEGIS_RUNTIME');
  assert.deepEqual(did, []);
});

test('after a crash: that it runs does not tell that it is listed, so it is finished', () => {
  const mine = started({ instance: 'shop-2' });
  assert.equal(wasDone(notThere()), 'not done');
  assert.equal(wasDone(mine), 'half');
  assert.equal(wasDone({ ...mine, state: 'exited' }), 'cannot tell', 'it is not started twice');
  assert.equal(wasDone({ ...mine, startId: 'somebody' }), 'cannot tell');
  assert.equal(wasDone(), 'cannot tell');
});

test('the way back takes away exactly what this action added', async () => {
  const { runtime, did } = fakeRuntime();
  assert.equal(await scaleUp.undo?.(runtime, recordOf('SCALE_UP'), signal), 'shop-2 is taken away again');
  assert.deepEqual(did, ['scale down shop-2 of act-1']);
});

test('made under the intent and never started is half of it', () => {
  assert.equal(
    wasDone(stateOf({ instance: 'shop-2', state: 'exited', startId: 'act-1', identity: null })),
    'half',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, plannedOf, stateOf, targetOf } from '../../../test/builders.ts';
import type { InstanceState } from '../../incident/incident.ts';
import { fakeRuntime } from '../remediate.test-helper.ts';
import { restart } from './restart.ts';

function prepare(state: InstanceState, seen: InstanceState[] = [stateOf()]) {
  const task = { planned: plannedOf(), target: targetOf(), seen };
  return restart.prepare(fakeRuntime({ state }).runtime, task);
}
const wasDone = (...now: InstanceState[]) => restart.wasDone(actionOf(), now);

test('a state that cannot be told is not acted upon', async () => {
  const reason = 'no start of it is on record';
  const answer = await prepare(stateOf({ state: 'unknown', reason }));
  assert.deepEqual(answer, { refused: `the state of shop-1 cannot be told: ${reason}` });
});

test('an instance that was started anew since the evidence is another one', async () => {
  const anew = { refused: 'shop-1 was started anew since the evidence was gathered' };
  assert.deepEqual(await prepare(stateOf({ identity: '200:9' })), anew);
  assert.ok('before' in (await prepare(stateOf())));
  assert.ok('before' in (await prepare(stateOf({ state: 'exited' }))), 'it died meanwhile: the same one');
  assert.ok('before' in (await prepare(stateOf(), [])), 'nobody looked at it then');
});

test('the picture is what is there just before the call, and of that instance alone', async () => {
  const now = stateOf({ state: 'exited' });
  const before = { instances: [now], like: null, from: null, to: null };
  assert.deepEqual(await prepare(now), { instance: 'shop-1', before });
});

test('after a crash: unchanged was not done, started under the intent was done, else nobody can tell', () => {
  const mine = { startId: 'act-1', identity: '200:9' };
  assert.equal(wasDone(stateOf()), 'not done');
  assert.equal(wasDone(stateOf({ state: 'exited' })), 'half', 'ended, and not started again');
  assert.equal(wasDone(stateOf(mine)), 'done');
  assert.equal(wasDone(stateOf({ ...mine, state: 'exited' })), 'cannot tell');
  assert.equal(wasDone(stateOf({ ...mine, startId: 'somebody' })), 'cannot tell');
  assert.equal(wasDone(stateOf({ state: 'unknown', identity: null, startId: null })), 'cannot tell');
  assert.equal(wasDone(), 'cannot tell');
});

test('where nobody can say who restarted it: started anew since the intent is done', () => {
  assert.equal(wasDone(stateOf({ identity: '200:9' })), 'done');
  assert.equal(wasDone(stateOf({ identity: '200:9', state: 'exited' })), 'cannot tell');
});

test('what had exited before and still is was not touched', () => {
  const exited = stateOf({ state: 'exited' });
  const before = { ...actionOf().before, instances: [exited] };
  assert.equal(restart.wasDone(actionOf({ before }), [exited]), 'not done');
});

test('there is no way back from a restart', () => {
  assert.equal(restart.undo, null);
});

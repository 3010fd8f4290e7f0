import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateOf } from '../../../test/builders.ts';
import { precheck, wasDone } from './restart.ts';

const before = stateOf();

test('a state that cannot be told is not acted upon', () => {
  const { ok, reason } = precheck(
    stateOf({ state: 'unknown', reason: 'no start of it is on record' }),
    before,
  );
  assert.equal(ok, false);
  assert.match(reason, /shop-1 cannot be told: no start of it is on record/);
});

test('an instance that was started anew since the evidence is another one', () => {
  assert.equal(precheck(stateOf({ identity: '200:9' }), before).ok, false);
  assert.equal(precheck(stateOf(), before).ok, true);
  assert.equal(precheck(stateOf({ state: 'exited' }), before).ok, true, 'it died meanwhile: the same one');
  assert.equal(precheck(stateOf(), null).ok, true, 'nobody looked at it then');
});

test('after a crash: unchanged was not done, started under the intent was done, else nobody can tell', () => {
  const mine = { startId: 'act-1', identity: '200:9' };
  assert.equal(wasDone(before, stateOf(), 'act-1'), 'not done');
  assert.equal(wasDone(before, stateOf({ state: 'exited' }), 'act-1'), 'not done', 'stopped, not started');
  assert.equal(wasDone(before, stateOf(mine), 'act-1'), 'done');
  assert.equal(wasDone(before, stateOf({ ...mine, state: 'exited' }), 'act-1'), 'cannot tell');
  assert.equal(wasDone(before, stateOf({ ...mine, startId: 'somebody' }), 'act-1'), 'cannot tell');
  assert.equal(
    wasDone(before, stateOf({ state: 'unknown', identity: null, startId: null }), 'act-1'),
    'cannot tell',
  );
});

/** After a crash: the intent is there, the outcome is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, stateOf } from '../../test/builders.ts';
import { allowed, CALL_MS, HALTED, intended, run, type World } from './remediate.test-helper.ts';

test('a known intent of a moment ago is waited out: its call may still be under way', async () => {
  const { answer, did } = await run(intended(1));
  assert.deepEqual(did, []);
  assert.ok(!(answer instanceof Error));
  assert.deepEqual([answer.result, answer.dueInMs], ['wait', CALL_MS - 1_000]);
});

test('a known intent, nothing changed: the call is made under that same intent', async () => {
  let startId = '';
  const restart = async (id: string) => {
    startId = id;
    return stateOf();
  };
  const { did } = await run(intended(), { call: restart });
  assert.equal(startId, 'act-1');
  assert.deepEqual(did, ['restart shop-1 (was 100:1)', 'settle done']);
});

test('a known intent, started under it: it is recorded as done, without a call', async () => {
  const state = stateOf({ identity: '200:9', startId: 'act-1', reason: 'process 200 runs' });
  const { answer, did } = await run(intended(), { state });
  assert.deepEqual(did, ['settle done']);
  assert.ok(!(answer instanceof Error));
  assert.equal(answer.result, 'acted');
  assert.match(answer.say, /found done after a crash/);
});

test('a known intent, changed by somebody else: nobody can tell, no call, a person', async () => {
  const state = stateOf({ identity: '300:1', startId: 'somebody' });
  const { answer, did } = await run(intended(), { state });
  assert.deepEqual(did, ['settle unknown']);
  assert.ok(!(answer instanceof Error));
  assert.deepEqual([answer.result, answer.outcome], ['stopped', 'escalated']);
});

test('an intent that is settled already is told, not done again', async () => {
  for (const [state, result] of [
    ['done', 'acted'],
    ['failed', 'stopped'],
    ['unknown', 'stopped'],
  ] as const) {
    const { answer, did } = await run(allowed({ actions: [actionOf({ state })] }));
    assert.deepEqual(did, []);
    assert.ok(!(answer instanceof Error) && answer.result === result);
  }
});

test('an intent left by a crash is withdrawn when it is not allowed any more, over, unreadable or stale', async () => {
  const worlds: [World, string, string | undefined][] = [
    [{ word: HALTED }, 'stopped', 'escalated'],
    [{ breach: 'gone' }, 'stopped', 'no_action'],
    [{ breach: 'unreadable' }, 'stopped', 'escalated'],
    [{ word: { allowed: false, stale: true } }, 'stale', undefined],
  ];
  for (const [world, result, outcome] of worlds) {
    const { answer, did } = await run(intended(), world);
    assert.deepEqual(did, ['settle withdrawn']);
    assert.ok(!(answer instanceof Error));
    assert.deepEqual([answer.result, answer.outcome, answer.attempts], [result, outcome, 1]);
  }
});

const halfDone = stateOf({ state: 'exited' });

test('an instance that a crashed call has ended by half is started again, also when its alert is gone by now', async () => {
  for (const world of [{}, { breach: 'gone' }, { word: { allowed: false, gone: true } }] as const) {
    const { did } = await run(intended(), { ...world, state: halfDone });
    assert.deepEqual(did, ['restart shop-1 (was 100:1)', 'settle done']);
  }
});

test('an instance that was ended by half is not started when a person halted meanwhile: it is told that it is down', async () => {
  const { answer, did } = await run(intended(), { state: halfDone, word: HALTED });
  assert.deepEqual(did, ['settle withdrawn']);
  assert.ok(!(answer instanceof Error));
  assert.deepEqual([answer.result, answer.outcome], ['stopped', 'escalated']);
  assert.match(answer.say, /It was done by half and is not finished.*halted by kim/);
});

test('an instance that was ended by half long ago is looked at anew', async () => {
  const { answer, did } = await run(intended(), { state: halfDone, word: { allowed: false, stale: true } });
  assert.deepEqual(did, ['settle withdrawn']);
  assert.ok(!(answer instanceof Error) && answer.result === 'stale');
});

/** What holds for every action, at every point at which its worker may have died. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pictureOf, stateOf } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import type { ActionRecord, Incident, InstanceState } from '../incident/incident.ts';
import {
  ACTING,
  type Acting,
  allowedTo,
  CALL_MS,
  HALTED,
  intendedTo,
  notThere,
  recordOf,
  run,
  started,
  TAKE_BACK_MS,
  type World,
} from './remediate.test-helper.ts';

const CALL: Record<Acting, RegExp> = {
  RESTART: /^restart shop-1 \(was 100:1\)$/,
  SCALE_UP: /^scale up to shop-2 like shop-1$/,
  ROLLBACK: /^roll shop-1 to 1\.0\.0 \(was 100:1\)/,
};
const PICTURE: Record<Acting, ActionRecord['before']> = {
  RESTART: pictureOf({ instances: [stateOf({ version: '2.0.0' })], lastOutput: 'last words of shop-1' }),
  SCALE_UP: pictureOf({ instances: [notThere()], like: 'shop-1' }),
  ROLLBACK: pictureOf({
    instances: [stateOf({ version: '2.0.0' })],
    from: '2.0.0',
    to: '1.0.0',
    lastOutput: 'last words of shop-1',
  }),
};
/** When a call that was made falls due to be taken back by itself. */
const BACK = { RESTART: '', SCALE_UP: `, back in ${TAKE_BACK_MS}`, ROLLBACK: '' };
/** The same where the call was made by half, or failed. */
const BACK_AT_ONCE = { RESTART: '', SCALE_UP: ', back in 0', ROLLBACK: ', back in 0' };
const acted = async (incident: Incident, world: World = {}) => {
  const { answer, ...rest } = await run(incident, world);
  assert.ok(!(answer instanceof Error), String(answer));
  return { ...rest, answer };
};
/** A world in which the instance that the action is about is in this state. */
const where = (action: Acting, state: InstanceState): World =>
  action === 'SCALE_UP' ? { others: { 'shop-2': { ...state, instance: 'shop-2' } } } : { state };
const ended = stateOf({ state: 'exited' });
/** What a crash in the middle of the call leaves. */
const HALF: Record<Acting, World> = {
  RESTART: { state: ended },
  ROLLBACK: { state: ended },
  SCALE_UP: where('SCALE_UP', started()),
};

for (const action of ACTING) {
  test(`${action}: intent with its picture, one call, settled`, async () => {
    const { answer, did, intents } = await acted(allowedTo(action));
    assert.equal(did[0], 'intend');
    assert.match(did[1] ?? '', CALL[action]);
    assert.deepEqual(did.slice(2), [`settle done${BACK[action]}`]);
    assert.deepEqual([answer.result, answer.attempts], ['acted', 1]);
    const { before, instance, verdictHash } = intents[0] as ActionRecord;
    assert.deepEqual(before, PICTURE[action]);
    assert.deepEqual([instance, verdictHash], [recordOf(action).instance, recordOf(action).verdictHash]);
  });

  test(`${action}: what is not allowed, over, unreadable or stale makes no call and no intent`, async () => {
    const worlds: World[] = [
      { word: HALTED },
      { word: { allowed: false, gone: true } },
      { word: { allowed: false, stale: true } },
      { breach: 'gone' },
      { breach: 'unreadable' },
    ];
    for (const world of worlds) assert.deepEqual((await acted(allowedTo(action), world)).did, []);
    const altered = allowedTo(action);
    assert.ok(altered.verdict);
    altered.verdict = { ...altered.verdict, hash: 'f'.repeat(64) };
    assert.deepEqual((await acted(altered)).did, []);
    const asked = allowedTo(action);
    assert.ok(asked.verdict);
    asked.verdict = { ...asked.verdict, decision: 'ask' };
    assert.deepEqual((await acted(asked)).did, []);
  });

  test(`${action}: a call that fails is for a person, and what it left half-made is taken back at once`, async () => {
    const call = async () => Promise.reject(new AegisError('AEGIS_RUNTIME', 'unit file is gone'));
    const { answer, did } = await acted(allowedTo(action), { call });
    assert.equal(did.at(-1), `settle failed${BACK_AT_ONCE[action]}`);
    assert.deepEqual([answer.result, answer.outcome, answer.attempts], ['stopped', 'escalated', 1]);
  });

  test(`${action}: broken machinery in the call is no outcome of it`, async () => {
    const call = async () => Promise.reject(new Error('out of memory'));
    const { answer, did } = await run(allowedTo(action), { call });
    assert.ok(answer instanceof Error);
    assert.ok(!did.some((one) => one.startsWith('settle')));
  });

  test(`${action}: an intent of a moment ago is waited out, without a call`, async () => {
    const young = intendedTo(action);
    (young.actions[0] as ActionRecord).intendedAt = new Date('2026-03-01T11:59:59.000Z').toISOString();
    const { answer, did } = await acted(young);
    assert.deepEqual([answer.result, answer.dueInMs, did], ['wait', CALL_MS - 1_000, []]);
  });

  test(`${action}: a crash before the call: it is made, under that intent`, async () => {
    const { did, answer } = await acted(intendedTo(action));
    assert.match(did[0] ?? '', CALL[action]);
    assert.deepEqual(did.slice(1), [`settle done${BACK[action]}`]);
    assert.equal(answer.result, 'acted');
  });

  test(`${action}: a crash before the call, and not wanted any more: withdrawn, with nothing to take back`, async () => {
    for (const world of [{ word: HALTED }, { breach: 'gone' }] as const)
      assert.deepEqual((await acted(intendedTo(action), world)).did, ['settle withdrawn']);
  });

  test(`${action}: a crash in mid-call: what is half done is finished, even where its alert is gone`, async () => {
    for (const more of [{}, { breach: 'gone' }, { word: { allowed: false, gone: true } }] as const) {
      const { did, answer } = await acted(intendedTo(action), { ...HALF[action], ...more });
      assert.match(did[0] ?? '', CALL[action]);
      assert.deepEqual(did.slice(1), [`settle done${BACK[action]}`]);
      assert.equal(answer.result, 'acted');
    }
  });

  test(`${action}: half done and not to be finished: withdrawn, and due to be taken back at once`, async () => {
    for (const [word, result] of [
      [HALTED, 'stopped'],
      [{ allowed: false, stale: true }, 'stale'],
    ] as const) {
      const { did, calls, answer } = await acted(intendedTo(action), { ...HALF[action], word });
      assert.deepEqual([did, calls], [[`settle withdrawn${BACK_AT_ONCE[action]}`], []]);
      assert.deepEqual([answer.result, answer.attempts], [result, 1]);
    }
  });

  test(`${action}: a crash of which nobody can tell what it left: unknown, a person, no call`, async () => {
    const foreign = stateOf({ identity: '300:1', startId: 'somebody' });
    for (const state of [foreign, started({ state: 'exited' })]) {
      const { did, answer } = await acted(intendedTo(action), where(action, state));
      assert.deepEqual(did, [`settle unknown${action === 'SCALE_UP' ? BACK_AT_ONCE[action] : ''}`]);
      assert.deepEqual([answer.result, answer.outcome], ['stopped', 'escalated']);
    }
  });

  test(`${action}: settled already, it is told and not done again`, async () => {
    for (const state of ['done', 'failed', 'unknown', 'withdrawn'] as const) {
      const { did, answer } = await acted(allowedTo(action, { actions: [recordOf(action, { state })] }));
      const expected = { done: 'acted', failed: 'stopped', unknown: 'stopped', withdrawn: 'stale' }[state];
      assert.deepEqual([did, answer.result], [[], expected]);
    }
  });
}

test('a call found done after a crash is recorded as done, with its time to be taken back', async () => {
  for (const action of ['RESTART', 'ROLLBACK'] as const) {
    const { did, answer } = await acted(intendedTo(action), where(action, started()));
    assert.deepEqual([did, answer.result], [[`settle done${BACK[action]}`], 'acted']);
    assert.match(answer.say, /found done after a crash/);
  }
});

const two = stateOf({ instance: 'shop-2', identity: '101:1' });
const both = pictureOf({ instances: [stateOf(), two], from: '2.0.0', to: '1.0.0' });
const overTwo = (over: Partial<ActionRecord> = {}) => intendedTo('ROLLBACK', { before: both, ...over });

test('a rollback of two of which one was rolled before the crash: the other only', async () => {
  const { calls, did } = await acted(overTwo(), { state: started(), others: { 'shop-2': two } });
  assert.deepEqual(calls, ['roll shop-2 to 1.0.0 (was 101:1) as act-1']);
  assert.equal(did.at(-1), 'settle done');
});

test('a call on several instances is waited out for as long as all of them may take', async () => {
  const intendedAt = new Date('2026-03-01T11:59:56.000Z').toISOString();
  const { answer, did } = await acted(overTwo({ intendedAt }));
  assert.deepEqual([answer.result, answer.dueInMs, did], ['wait', 2 * CALL_MS - 4_000, []]);
});

test('each of several instances has its own time for its part of the call', async () => {
  const call = async () => {
    await sleep(250);
    return started();
  };
  const { calls, answer } = await acted(overTwo(), { call, callMs: 400, others: { 'shop-2': two } });
  assert.deepEqual([calls.length, answer.result], [2, 'acted']);
});

test('what one instance refuses keeps the others as they are: nothing is intended', async () => {
  const world = {
    instances: ['shop-1', 'shop-2'],
    others: { 'shop-2': two },
    releases: { 'shop-2': ['2.0.0'] },
  };
  const { did, answer } = await acted(allowedTo('ROLLBACK'), world);
  assert.deepEqual([did, answer.result, answer.outcome], [[], 'stopped', 'escalated']);
  assert.match(answer.say, /Nothing was done: shop-2 has no 1\.0\.0/);
});

test('a service that has nothing to copy gets no second instance', async () => {
  const { did, answer } = await acted(allowedTo('SCALE_UP'), { instances: [] });
  assert.deepEqual(did, []);
  assert.match(answer.say, /no instance to make another one of/);
});

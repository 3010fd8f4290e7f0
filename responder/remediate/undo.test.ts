/** Not recovered: what was done is taken back in mid-incident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, pictureOf, stateOf } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import type { ActionRecord, Incident } from '../incident/incident.ts';
import { allowedTo, CALL_MS, HALTED, recordOf, run, started, type World } from './remediate.test-helper.ts';

const BACK = {
  SCALE_UP: ['scale down shop-2 of act-1', 'shop-2 is taken away again'],
  ROLLBACK: ['roll shop-1 to 2.0.0 (was 200:9) as act-1-undo', 'back again: 2.0.0 on shop-1'],
} as const;
const REVERSIBLE = Object.keys(BACK) as (keyof typeof BACK)[];
const NOW: World = { state: started() };

/** An incident whose only action is to be taken back. */
function undoing(action: keyof typeof BACK, over: Partial<ActionRecord> = {}, more: Partial<Incident> = {}) {
  const actions = [recordOf(action, over), ...(more.actions ?? [])];
  return allowedTo(action, { ...more, undoing: 'act-1', actions });
}
async function undo(incident: Incident, world: World = {}) {
  const { answer, did } = await run(incident, { ...NOW, ...world });
  assert.ok(!(answer instanceof Error), String(answer));
  return { answer, did };
}
const another = actionOf({ id: 'act-0', attempt: 0, state: 'failed' });

for (const action of REVERSIBLE) {
  const [call, told] = BACK[action];

  test(`${action}: taken back once, on record, and on to the next best`, async () => {
    const { answer, did } = await undo(undoing(action));
    assert.deepEqual(did, [call, `undone done: ${told}`]);
    assert.deepEqual([answer.result, answer.outcome], ['undone', undefined]);
    assert.deepEqual(answer.found, { undoing: null, conclusion: null });
    assert.match(answer.say, new RegExp(`^${action} on .* did not help and was taken back: ${told}`));
  });

  test(`${action}: taken back with the attempts used up, it has failed`, async () => {
    const { answer, did } = await undo(undoing(action, {}, { actions: [another] }));
    assert.deepEqual(did, [call, `undone done: ${told}`]);
    assert.deepEqual([answer.result, answer.outcome], ['stopped', 'failed']);
    assert.deepEqual(answer.found, { conclusion: answer.say, undoing: null });
  });

  test(`${action}: what was withdrawn or is only intended uses up no attempt`, async () => {
    for (const state of ['withdrawn', 'intended'] as const) {
      const { answer } = await undo(undoing(action, {}, { actions: [{ ...another, state }] }));
      assert.equal(answer.result, 'undone');
    }
  });

  test(`${action}: at a halt nothing is taken back, and a person is told`, async () => {
    const { answer, did } = await undo(undoing(action), { undoWord: HALTED });
    assert.deepEqual([did, answer.result, answer.outcome], [[], 'stopped', 'escalated']);
    assert.match(answer.say, /did not help and was not taken back: halt: halted by kim/);
    assert.equal(answer.found?.undoing, null, 'it is not tried for ever');
  });

  test(`${action}: that the runtime cannot do it is on record, and for a person`, async () => {
    const call = async () => Promise.reject(new AegisError('AEGIS_RUNTIME', 'no such unit'));
    const { answer, did } = await undo(undoing(action), { call });
    assert.equal(did.at(-1), 'undone failed: no such unit');
    assert.deepEqual([answer.result, answer.outcome], ['stopped', 'escalated']);
    assert.match(answer.say, /could not be taken back: no such unit/);
  });

  test(`${action}: broken machinery decides nothing: the stage breaks, and it is done again`, async () => {
    const call = async () => Promise.reject(new Error('out of memory'));
    const broken = await run(undoing(action), { ...NOW, call });
    assert.ok(broken.answer instanceof Error);
    assert.ok(!broken.did.some((one) => one.startsWith('undone')));
    const unwritten = await run(undoing(action), { ...NOW, fail: { undone: new Error('no database') } });
    assert.ok(unwritten.answer instanceof Error);
  });

  test(`${action}: with a lease that is lost or too short nothing is taken back`, async () => {
    for (const world of [{ renewed: false }, { left: CALL_MS - 1 }]) {
      const { answer, did } = await run(undoing(action), { ...NOW, ...world });
      assert.ok(answer instanceof AegisError && answer.code === 'AEGIS_LEASE_LOST');
      assert.deepEqual(did, []);
    }
  });

  test(`${action}: done and on record already, whoever comes next says so, whatever the guards say`, async () => {
    const done = { state: 'done', dueAt: null, detail: told, doneAt: null } as const;
    for (const world of [{}, { undoWord: HALTED }]) {
      const { answer, did } = await undo(undoing(action, { undo: done }), world);
      assert.deepEqual([did, answer.result], [[], 'undone']);
      assert.match(answer.say, new RegExp(told));
    }
  });
}

test('a crash between the rollback’s way back and its record: called again, nothing is rolled again', async () => {
  const back = started({ startId: 'act-1-undo', version: '2.0.0' });
  const { answer, did } = await undo(undoing('ROLLBACK'), { state: back });
  assert.deepEqual(did, ['undone done: back again: 2.0.0 on shop-1']);
  assert.equal(answer.result, 'undone');
});

test('neither breach nor verdict is asked: taking back needs no new reason', async () => {
  const incident = { ...undoing('SCALE_UP'), verdict: null };
  const { answer } = await undo(incident, { breach: 'unreadable', word: HALTED });
  assert.equal(answer.result, 'undone');
});

test('what has no way back, or is not there, is never taken back', async () => {
  const restart = allowedTo('RESTART', { undoing: 'act-1', actions: [recordOf('RESTART')] });
  const stranger = { ...undoing('SCALE_UP'), undoing: 'act-9' };
  for (const incident of [restart, stranger]) {
    const { answer, did } = await run(incident, NOW);
    assert.ok(answer instanceof Error && /cannot be taken back/.test(answer.message));
    assert.deepEqual(did, []);
  }
});

test('what a call of ours never started is not said to be back', async () => {
  const before = pictureOf({ instances: [stateOf({ version: '2.0.0' })], from: '2.0.0', to: '1.0.0' });
  const { did } = await undo(undoing('ROLLBACK', { before }), { state: started({ startId: 'deploy-7' }) });
  assert.deepEqual(did, ['undone done: nothing was put back: no instance is as it was left']);
});

/** Taking back at the due time, after the incident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import type { ActionRecord } from '../incident/incident.ts';
import type { TakeBacks } from '../incident/take-backs.ts';
import { fakeRuntime, HALTED, type RuntimeWorld, recordOf, started } from './remediate.test-helper.ts';
import { makeTakeBack } from './take-back.ts';

interface World extends RuntimeWorld {
  due?: ActionRecord | null;
  /** Other actions of its incident; null: the incident cannot be found. */
  incident?: ActionRecord[] | null | Error;
  word?: { allowed: boolean; reason: string } | Error;
  /** Why the load still needs it. */
  needed?: string | null | Error;
}
async function takeBack(world: World = {}) {
  const { due = recordOf('SCALE_UP'), incident = [], needed = null } = world;
  const word = world.word ?? { allowed: true, reason: 'fine' };
  const { runtime, did } = fakeRuntime({ state: started(), ...world });
  const finished: Parameters<TakeBacks['finish']>[] = [];
  const claims: [string, number][] = [];
  const asked: string[] = [];
  const news: [string, string][] = [];
  const or = async <T>(value: T | Error) => (value instanceof Error ? Promise.reject(value) : value);
  const round = makeTakeBack({
    runtime,
    owner: 'me',
    takeBacks: {
      claim: async (...claim) => {
        claims.push(claim);
        return due;
      },
      finish: async (...args) => void finished.push(args),
    },
    incident: async () => {
      const actions = await or(incident);
      return actions && incidentOf({ actions: [...actions, ...(due ? [due] : [])] });
    },
    recheckUndo: async () => ({ gone: false, stale: false, ...(await or(word)) }),
    stillNeeded: async (target, instance) => {
      asked.push(`${target} ${instance}`);
      return or(needed);
    },
    laterMs: 7,
    announce: ({ result, say }) => void news.push([result, say]),
  });
  const answer = await round().catch((error: Error) => error);
  return { answer, did, finished, claims, asked, news };
}
const LATER = { result: 'later', inMs: 7 };

test('nothing due: nothing is done, and that is said', async () => {
  const { answer, did, finished } = await takeBack({ due: null });
  assert.deepEqual([answer, did, finished], [false, [], []]);
});

test('a SCALE_UP that is not needed any more is taken away, under a lease that outlasts it', async () => {
  const { answer, did, finished, claims, asked } = await takeBack();
  assert.equal(answer, true);
  assert.deepEqual(did, ['scale down shop-2 of act-1']);
  const why = 'SCALE_UP on shop-2 was taken back: shop-2 is taken away again';
  assert.deepEqual(finished, [['act-1', 'me', { result: 'done' }, why]]);
  assert.ok((claims[0]?.[1] ?? 0) > 9_000, 'longer than the call may take');
  assert.deepEqual(asked, ['shop shop-2']);
});

const PUT_OFF: [string, World, RegExp][] = [
  ['a halt', { word: HALTED }, /halt: halted by kim/],
  ['guards that cannot be asked', { word: new Error('no database') }, /no database/],
  ['load', { needed: 'the others would be used to 90 %' }, /used to 90 %/],
  ['load that cannot be read', { needed: new AegisError('AEGIS_UPSTREAM', 'answered 503') }, /answered 503/],
  ['an incident that is not there', { incident: null }, /inc-1 cannot be read/],
  ['an incident that cannot be read', { incident: new Error('refused') }, /refused/],
];
for (const [words, world, reason] of PUT_OFF)
  test(`${words} puts it off, without a call`, async () => {
    const { answer, did, finished } = await takeBack(world);
    assert.deepEqual([answer, did], [true, []]);
    const [id, owner, result, why = ''] = finished[0] ?? [];
    assert.deepEqual([id, owner, result, finished.length], ['act-1', 'me', LATER, 1]);
    assert.match(why, /SCALE_UP on shop-2 is not taken back yet: /);
    assert.match(why, reason);
  });

test('what failed, or was withdrawn half-made, serves nobody: no load keeps it', async () => {
  for (const state of ['failed', 'withdrawn'] as const) {
    const due = recordOf('SCALE_UP', { state });
    const { did, asked } = await takeBack({ due, needed: 'the others would be used to 90 %' });
    assert.deepEqual([did, asked], [['scale down shop-2 of act-1'], []]);
    assert.equal((await takeBack({ due, word: HALTED })).did.length, 0, 'a halt does');
  }
});

test('a rollback that failed is put back, whatever the load', async () => {
  const { did, finished } = await takeBack({
    due: recordOf('ROLLBACK', { state: 'failed' }),
    needed: 'busy',
  });
  assert.deepEqual(did, ['roll shop-1 to 2.0.0 (was 200:9) as act-1-undo']);
  assert.deepEqual(finished[0]?.[2], { result: 'done' });
});

test('a rollback that was left half-made and finished by the next attempt stays', async () => {
  const due = recordOf('ROLLBACK', { state: 'withdrawn' });
  const next = recordOf('ROLLBACK', { id: 'act-2', attempt: 2 });
  const { did, finished } = await takeBack({ due, incident: [next] });
  assert.deepEqual(did, [], 'the bad release is not brought back');
  assert.deepEqual(finished[0]?.slice(2), [
    { result: 'done' },
    'ROLLBACK on shop-1 stays: attempt 2 finished it',
  ]);
  const undone = { state: 'done', dueAt: null, detail: '', doneAt: null } as const;
  const others = [
    recordOf('ROLLBACK', { attempt: 2, state: 'failed' }),
    recordOf('ROLLBACK', { attempt: 2, undo: undone }),
    recordOf('ROLLBACK', { attempt: 2, before: { ...next.before, to: '0.9.0' } }),
    recordOf('ROLLBACK', { attempt: 0 }),
    recordOf('RESTART', { attempt: 2 }),
  ];
  for (const other of others) assert.equal((await takeBack({ due, incident: [other] })).did.length, 1);
});

test('what the runtime cannot take back goes to a person, and is not tried again', async () => {
  const call = async () => Promise.reject(new AegisError('AEGIS_RUNTIME', 'outlived SIGKILL'));
  const { answer, finished } = await takeBack({ call });
  assert.equal(answer, true);
  assert.deepEqual(finished[0]?.[2], { result: 'failed' });
  assert.match(finished[0]?.[3] ?? '', /could not be taken back, a person is needed: outlived SIGKILL/);
});

test('what has no way back goes to a person, too', async () => {
  const { did, finished } = await takeBack({ due: recordOf('RESTART') });
  assert.deepEqual([did, finished[0]?.[2]], [[], { result: 'failed' }]);
});

test('broken machinery decides nothing: the lease stays, and it is done again when it ends', async () => {
  const call = async () => Promise.reject(new Error('out of memory'));
  const { answer, finished } = await takeBack({ call });
  assert.ok(answer instanceof Error && answer.message === 'out of memory');
  assert.deepEqual(finished, []);
});

test('a call that does not heed its time is told when it is up', { timeout: 2_000 }, async () => {
  const call = (_id: string, signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const { answer, finished } = await takeBack({ call, callMs: 10 });
  assert.ok(answer instanceof Error);
  assert.deepEqual(finished, []);
});

test('what was taken back, or could not be, is announced; what was only put off is not', async () => {
  assert.deepEqual((await takeBack()).news, [
    ['taken_back', 'SCALE_UP on shop-2 was taken back: shop-2 is taken away again'],
  ]);
  const failing = { call: async () => Promise.reject(new AegisError('AEGIS_RUNTIME', 'no room')) };
  assert.deepEqual((await takeBack(failing)).news, [
    ['take_back_failed', 'SCALE_UP on shop-2 could not be taken back, a person is needed: no room'],
  ]);
  assert.deepEqual((await takeBack({ needed: 'full' })).news, []);
});

test('half of a rollback that a person has come across is left as it is', async () => {
  const { did, finished, news } = await takeBack({
    due: recordOf('ROLLBACK', { state: 'failed' }),
    word: { allowed: false, reason: 'person: kim has shop' },
  });
  assert.deepEqual(did, []);
  assert.deepEqual(finished[0]?.slice(2), [
    { result: 'failed' },
    'ROLLBACK on shop-1 is left as it is: person: kim has shop',
  ]);
  assert.equal(news[0]?.[0], 'take_back_failed');
});

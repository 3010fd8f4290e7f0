import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineRefusal, EngineUnreachable } from './docker-engine.ts';
import { doSteps, type Step } from './docker-steps.ts';

const bounds = (over: { signal?: AbortSignal; deadline?: number } = {}) => ({
  ...{ signal: new AbortController().signal, deadline: performance.now() + 5_000, pollMs: 1 },
  ...over,
});
const call = (work: () => void = () => undefined): Step<string> => ({
  do: 'a call',
  call: async () => work(),
});

test('looks before each step, until nothing is left to do', async () => {
  let left = 3;
  const seen: boolean[] = [];
  const told = await doSteps<string>(async (first) => {
    seen.push(first);
    return left > 0 ? call(() => left--) : { done: 'well' };
  }, bounds());
  assert.deepEqual([told, seen], ['well', [true, false, false, false]]);
});

test('a call whose answer was lost is looked at again, not taken for failed', async () => {
  let made = 0;
  const told = await doSteps<string>(async (first) => {
    if (made > 0) return { done: first ? 'first' : 'again' };
    return call(() => {
      made++;
      throw new EngineUnreachable('gone', null);
    });
  }, bounds());
  assert.deepEqual([told, made], ['again', 1]);
});

test('whoever wakes up after the deadline calls nothing any more', async () => {
  let made = 0;
  const late = doSteps<string>(async () => call(() => made++), bounds({ deadline: performance.now() - 1 }));
  await assert.rejects(late, /not done in time/);
  assert.equal(made, 0);
});

test('a refusal ends it, the engine’s and our own, and so does the signal', async () => {
  const refused = () =>
    doSteps<string>(
      async () =>
        call(() => {
          throw new EngineRefusal('no', 409, null);
        }),
      bounds(),
    );
  await assert.rejects(refused, /no/);
  await assert.rejects(
    doSteps(async () => ({ refused: 'not ours' }), bounds()),
    /not ours/,
  );
  await assert.rejects(
    doSteps(async () => call() as Step<string>, bounds({ signal: AbortSignal.abort() })),
    /abort/,
  );
});

test('steps without end are given up', async () => {
  await assert.rejects(
    doSteps<string>(async () => call(), bounds()),
    /given up after 20 steps/,
  );
});

test('an engine in trouble is asked again, but not for ever', async () => {
  const inTrouble = (times: number) => {
    let made = 0;
    const step = async (): Promise<Step<number>> =>
      made > times
        ? { done: made }
        : {
            do: 'a call',
            call: async () => {
              made++;
              if (made <= times) throw new EngineRefusal('trouble', 500, null);
            },
          };
    return doSteps(step, bounds());
  };
  assert.equal(await inTrouble(2), 3);
  await assert.rejects(inTrouble(3), /trouble/);
});

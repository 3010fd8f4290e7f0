import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AegisError } from '../errors.ts';
import { makeBatch } from './batch.ts';

/** A writer that is slow until told, and keeps what it was given. */
function gated() {
  const batches: number[][] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const write = async (items: number[]) => {
    batches.push(items);
    await gate;
    return items.map((item) => `stored ${item}`);
  };
  return { batches, write, open: () => open() };
}

test('what arrives during a write goes into the next one, and each gets its own results', async () => {
  const { batches, write, open } = gated();
  const save = makeBatch({ write });
  const answers = [save([1]), save([2, 3]), save([]), save([4])];
  open();
  assert.deepEqual(await Promise.all(answers), [['stored 1'], ['stored 2', 'stored 3'], [], ['stored 4']]);
  assert.deepEqual(batches, [[1], [2, 3, 4]]);
});

test('a batch holds no more items than its bound, except one request that alone has more', async () => {
  const { batches, write, open } = gated();
  const save = makeBatch({ write, maxBatch: 3 });
  const answers = [[0], [1, 2], [3], [4], [5, 6, 7, 8], [9]].map((items) => save(items));
  open();
  assert.deepEqual((await Promise.all(answers)).flat().length, 10);
  assert.deepEqual(batches, [[0], [1, 2, 3], [4], [5, 6, 7, 8], [9]]);
});

test('more waiting than the bound is overload, and there is room again afterwards', async () => {
  const { batches, write, open } = gated();
  const save = makeBatch({ write, maxWaiting: 3 });
  const first = save([0]);
  const waiting = save([1, 2]);
  const overload = save([3, 4]);
  await assert.rejects(overload, { code: 'AEGIS_OVERLOADED' });
  open();
  await Promise.all([first, waiting]);
  assert.deepEqual(await save([5, 6, 7]), ['stored 5', 'stored 6', 'stored 7']);
  assert.ok(!batches.flat().includes(3), 'what was refused is not stored');
});

test('one request that the database refuses does not take the others down with it', async () => {
  const tried: number[][] = [];
  const save = makeBatch<number, number>({
    write: async (items) => {
      tried.push(items);
      if (items.includes(13)) throw new Error('invalid byte sequence');
      return items;
    },
  });
  const results = await Promise.allSettled([save([1]), save([2]), save([13]), save([3])]);
  assert.deepEqual(
    results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message)),
    [[1], [2], 'invalid byte sequence', [3]],
  );
  assert.deepEqual(tried, [[1], [2, 13, 3], [2], [13], [3]]);
});

test('a database that is down is not asked again for every request', async () => {
  let asked = 0;
  const save = makeBatch<number, number>({
    write: async () => {
      asked++;
      throw new AegisError('AEGIS_DATABASE_DOWN', 'down');
    },
  });
  const results = await Promise.allSettled([save([1]), save([2]), save([3])]);
  for (const result of results)
    assert.equal((result as PromiseRejectedResult).reason.code, 'AEGIS_DATABASE_DOWN');
  assert.equal(asked, 2);
});

test('after a failure the next requests are stored', async () => {
  let down = true;
  const save = makeBatch<number, number>({
    write: async (items) => {
      if (down) throw new AegisError('AEGIS_DATABASE_DOWN', 'down');
      return items;
    },
  });
  await assert.rejects(save([1]));
  down = false;
  assert.deepEqual(await save([2]), [2]);
});

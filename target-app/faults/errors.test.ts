import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listProducts } from '../orders.ts';
import { type ShopDatabase, startShopDatabase, until } from './database.test-helper.ts';
import { makeErrorsFault } from './errors.ts';

let shop: ShopDatabase;
before(async () => {
  shop = await startShopDatabase();
});
after(() => shop.stop());

test('every connection is taken and none comes back, until reset', async (t) => {
  const { pool } = shop;
  const fault = makeErrorsFault({ ...shop, everyMs: 10 });
  t.after(fault.stop);
  for (const round of [1, 2]) {
    fault.start();
    fault.start();
    await until(() => shop.breaches('errors') === round);
    assert.equal(pool.totalCount, pool.options.max);
    assert.equal(pool.idleCount, 0);
    const query = listProducts(pool);
    await until(() => pool.waitingCount === 1);
    if (round === 1) await assert.rejects(query, /timeout exceeded when trying to connect/);
    fault.stop();
    if (round === 2) assert.equal((await query).length, 12);
    assert.ok(pool.idleCount > 0);
  }
});

test('a reset while it still takes some gives back those', async (t) => {
  const fault = makeErrorsFault({ ...shop, everyMs: 10 });
  t.after(fault.stop);
  const before = shop.breaches('errors');
  fault.start();
  await until(() => shop.pool.totalCount - shop.pool.idleCount >= 3);
  fault.stop();
  await until(() => shop.pool.totalCount === shop.pool.idleCount);
  assert.equal(shop.breaches('errors'), before);
});

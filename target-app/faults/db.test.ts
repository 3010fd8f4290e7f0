import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectionBeside } from '../database.ts';
import { listProducts } from '../orders.ts';
import { type ShopDatabase, startShopDatabase, until } from './database.test-helper.ts';
import { makeDbFault } from './db.ts';

let shop: ShopDatabase;
before(async () => {
  shop = await startShopDatabase();
});
after(() => shop.stop());

/** Who holds back the queries that wait for a lock: instance and state. */
async function blockers() {
  const { rows } = await shop.postgres.admin(
    `SELECT DISTINCT holder.application_name AS instance, holder.state
     FROM pg_stat_activity waiting, unnest(pg_blocking_pids(waiting.pid)) AS blocker
     JOIN pg_stat_activity holder ON holder.pid = blocker WHERE waiting.wait_event_type = 'Lock'`,
  );
  return rows as { instance: string; state: string }[];
}

test('an idle transaction of this instance makes the queries of the shop wait, until reset', async (t) => {
  // A server that ends idle transactions soon does not end this one.
  await shop.postgres.admin("ALTER SYSTEM SET idle_in_transaction_session_timeout = '300ms'");
  await shop.postgres.admin('SELECT pg_reload_conf()');
  const fault = makeDbFault(shop);
  t.after(fault.stop);
  for (const round of [1, 2]) {
    fault.start();
    fault.start();
    await until(() => shop.breaches('db') === round);
    let done = false;
    const query = listProducts(shop.pool).finally(() => {
      done = true;
    });
    await until(async () => (await blockers()).length > 0);
    assert.deepEqual(await blockers(), [{ instance: 'shop-7', state: 'idle in transaction' }]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(done, false, 'still waits');
    fault.stop();
    assert.equal((await query).length, 12);
  }
});

test('a reset before the lock is there leaves none behind, and losing the lock lets it be started again', async (t) => {
  const fault = makeDbFault(shop);
  t.after(fault.stop);
  const before = shop.breaches('db');
  fault.start();
  fault.stop();
  assert.equal((await listProducts(shop.pool)).length, 12);
  assert.equal(shop.breaches('db'), before);
  fault.start();
  await until(() => shop.breaches('db') === before + 1);
  await shop.postgres.admin(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'",
  );
  assert.equal((await listProducts(shop.pool)).length, 12);
  fault.start();
  await until(() => shop.breaches('db') === before + 2);
});

test('a connection beside the pool has the same name and no time limit of the pool', async () => {
  const client = connectionBeside(shop.pool);
  await client.connect();
  const { rows } = await client.query(
    "SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS timeout",
  );
  await client.end();
  assert.deepEqual(rows, [{ name: 'shop-7', timeout: '0' }]);
});

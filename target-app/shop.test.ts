import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { startPostgres, type TestPostgres } from '../test/postgres.ts';
import { makeCapacity } from './capacity.ts';
import { type DatabaseConfig, parseConfig } from './config.ts';
import { ensureSchema, makePool, type Pool } from './database.ts';
import { askDatabase, makeHealth } from './health.ts';
import { makeMemory } from './memory.ts';
import { RELEASES, type Version } from './releases/releases.ts';
import { makeShop } from './shop.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let postgres: TestPostgres;
let shopDatabase: DatabaseConfig;
let pool: Pool;
const closers: (() => void)[] = [];
const errors: object[] = [];

before(async () => {
  postgres = await startPostgres();
  const parsed = parseConfig({ DATABASE_URL: await postgres.fresh('shop') });
  shopDatabase = 'config' in parsed ? parsed.config.database : assert.fail(parsed.problem);
  pool = makePool({ database: shopDatabase, instance: 'shop-1', log: quiet });
});
after(async () => {
  for (const close of closers) close();
  await pool.end();
  await postgres.stop();
});

/** The shop on a free port; answers the base address. */
async function open({ faultsOn = false, on = pool, version = '1.0.0' as Version } = {}): Promise<string> {
  const shop = makeShop({
    pool: on,
    log: { ...quiet, error: (fields) => void errors.push(fields) },
    capacity: makeCapacity({ log: quiet, slots: 8, waitMs: 1 }),
    release: RELEASES[version],
    memory: makeMemory({ limitBytes: 1e12 }),
    checkHealth: makeHealth({
      service: 'shop',
      version,
      instance: 'shop-1',
      startedAt: new Date(),
      dependencies: { database: () => askDatabase(on, { ready: true }) },
    }),
    faultsOn,
  });
  const server = createServer(shop.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (base: string, body: string, type = 'application/json') =>
  fetch(`${base}/api/orders`, { method: 'POST', body, headers: { 'content-type': type } });

test('two instances that start at once make one schema with a dozen products', async () => {
  await Promise.all([ensureSchema(pool), ensureSchema(pool), ensureSchema(pool)]);
  const response = await fetch(`${await open()}/api/products`);
  const { products } = (await response.json()) as { products: unknown[] };
  assert.equal(products.length, 12);
  assert.deepEqual(products[1], { id: 2, name: 'Olive oil, 1 l', price_cents: 1290 });
});

test('an order is stored in two tables and answers its id and total', async () => {
  const items = [
    { product_id: 1, quantity: 2 },
    { product_id: 2, quantity: 1 },
  ];
  const response = await post(await open(), JSON.stringify({ customer: 'ann', items }));
  assert.equal(response.status, 201);
  const placed = (await response.json()) as { id: number; total_cents: number };
  assert.equal(placed.total_cents, 2 * 14_900 + 1_290);
  const { rows } = await pool.query(
    'SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = $1 ORDER BY product_id',
    [placed.id],
  );
  assert.deepEqual(rows, [
    { product_id: 1, quantity: 2, price_cents: 14_900 },
    { product_id: 2, quantity: 1, price_cents: 1_290 },
  ]);
});

test('bad orders are told what is wrong as problem+json, and nothing is stored', async () => {
  const base = await open();
  const countOrders = async () => (await pool.query('SELECT count(*)::int AS n FROM orders')).rows[0].n;
  const before = await countOrders();
  const item = (product_id: unknown, quantity: unknown) =>
    JSON.stringify({ customer: 'ann', items: [{ product_id, quantity }] });
  const cases: [string, number, RegExp, string?][] = [
    ['{bad', 400, /JSON/],
    ['null', 400, /JSON/],
    ['{}', 422, /customer.*items/],
    [item(1, 0), 422, /items\.0\.quantity/],
    [item('1', 1), 422, /items\.0\.product_id/],
    [item(99, 1), 422, /no product 99/],
    [item(2_147_483_648, 1), 422, /items\.0\.product_id/],
    [JSON.stringify({ customer: 'a\u0000b', items: [{ product_id: 1, quantity: 1 }] }), 422, /customer/],
    [JSON.stringify({ customer: 'ann', items: Array(2).fill({ product_id: 1, quantity: 1 }) }), 422, /twice/],
    [`{"customer":"${'x'.repeat(70_000)}"}`, 413, /large/],
    ['a=b', 415, /application\/json/, 'application/x-www-form-urlencoded'],
  ];
  for (const [body, status, detail, type] of cases) {
    const response = await post(base, body, type);
    assert.equal(response.status, status, body.slice(0, 80));
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    const problem = (await response.json()) as { status: number; detail: string };
    assert.equal(problem.status, status);
    assert.match(problem.detail, detail);
  }
  assert.equal(await countOrders(), before);
});

test('release 1.1.0 fails some orders with a logged stack and stores nothing of them; its health is ok', async () => {
  const base = await open({ version: '1.1.0' });
  const order = (id: number, quantity: number) =>
    post(base, JSON.stringify({ customer: 'ann', items: [{ product_id: id, quantity }] }));
  assert.equal((await order(2, 2)).status, 201);
  assert.equal((await order(1, 1)).status, 201);
  const countOrders = async () => (await pool.query('SELECT count(*)::int AS n FROM orders')).rows[0].n;
  const before = await countOrders();
  errors.length = 0;
  assert.equal((await order(1, 2)).status, 500);
  assert.equal(await countOrders(), before);
  const { status, err } = errors[0] as { status: number; err: Error };
  assert.equal(status, 500);
  assert.ok(err instanceof TypeError);
  assert.match(err.stack ?? '', /releases\/1\.1\.0\.ts/);
  assert.equal((await fetch(`${base}/health`)).status, 200);
});

test('a connection is named after its instance, and losing one in use ends nothing', async () => {
  const client = await pool.connect();
  const named = await client.query<{ name: string; pid: number }>(
    "SELECT current_setting('application_name') AS name, pg_backend_pid() AS pid",
  );
  assert.equal(named.rows[0]?.name, 'shop-1');
  const lost = new Promise((resolve) => client.once('error', resolve));
  await postgres.admin('SELECT pg_terminate_backend($1)', [named.rows[0]?.pid]);
  await lost;
  client.release(true);
  assert.equal((await fetch(`${await open()}/api/products`)).status, 200);
});

test('the storefront lists the products with a button each', async () => {
  const html = await (await fetch(await open())).text();
  assert.equal(html.match(/data-product=/g)?.length, 12);
});

test('faults answer 404 unless they are on, by GET and by POST', async () => {
  const off = await open();
  const on = await open({ faultsOn: true });
  for (const method of ['GET', 'POST']) {
    for (const path of ['/trigger_memory', '/trigger_reset'])
      assert.equal((await fetch(`${off}${path}`, { method })).status, 404);
    assert.equal((await fetch(`${on}/trigger_reset`, { method })).status, 200);
  }
});

test('health is 200 with its database, 503 naming it without', async () => {
  const fine = await fetch(`${await open()}/health`);
  assert.equal(fine.status, 200);
  const nobody = makePool({ database: { ...shopDatabase, port: 1 }, instance: 'shop-1', log: quiet });
  const base = await open({ on: nobody });
  const sick = await fetch(`${base}/health`);
  assert.equal(sick.status, 503);
  const health = (await sick.json()) as { reason: string; dependencies: { database: { status: string } } };
  assert.match(health.reason, /^database: .*ECONNREFUSED/);
  assert.equal(health.dependencies.database.status, 'failing');
  assert.equal((await fetch(`${base}/api/products`)).status, 503);
  await nobody.end();
});

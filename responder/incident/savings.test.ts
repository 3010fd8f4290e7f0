import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeWalk } from './incident.test-helper.ts';
import type { Outcome } from './incident.ts';
import { makeSavings } from './savings.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const PRICES = { usdPerMinute: { shop: 120 }, otherUsdPerMinute: 2, personMinutes: 15 };

let alerts = 0;
/** An incident of a target that an action ended, `minutes` after its first alert. */
async function ended(target: string, minutes: number, outcome: Outcome = 'resolved', acts = true) {
  const walk = makeWalk(db.database);
  const id = await walk.open(target, { fingerprint: `f-${++alerts}` });
  if (acts) await walk.act({ action: 'RESTART', instance: `${target}-1` });
  await walk.end(outcome);
  await db.database.query(
    `update incident set starts_at = closed_at - $2 * interval '1 minute' where id = $1`,
    [id, minutes],
  );
}
const total = (prices = PRICES) => makeSavings(db.database).total(prices);
const cents = (usd: number | undefined) => Math.round((usd ?? 0) * 100) / 100;

test('saved is what a person would have taken longer, at the price of the target, else at that of all others', async () => {
  await ended('shop', 5);
  await ended('bank', 14);
  const { shop, bank, ...others } = await total();
  assert.deepEqual([cents(shop), cents(bank), others], [1_200, 2, {}]);
});

test('slower than a person saves nothing, and costs nothing', async () => {
  await ended('shop', 20);
  assert.deepEqual(await total(), { shop: 0 });
});

test('what nobody cured, or went by itself, counts nothing', async () => {
  await ended('shop', 1, 'escalated');
  await ended('bank', 1, 'no_action', false);
  assert.deepEqual(await total(), {});
});

test('valued once: another price later changes only what comes later', async () => {
  await ended('shop', 5);
  assert.equal(cents((await total()).shop), 1_200);
  const dear = { ...PRICES, usdPerMinute: { shop: 1_000 } };
  assert.equal(cents((await total(dear)).shop), 1_200);
  await ended('shop', 5);
  assert.equal(cents((await total(dear)).shop), 11_200);
});

test('what was assumed of a person is kept with the value', async () => {
  await ended('shop', 5);
  await total();
  await ended('bank', 5);
  await total({ ...PRICES, personMinutes: 30 });
  const assumed = await rowsOf(db.database, 'select target, person_minutes as m from saving order by target');
  assert.deepEqual(assumed, [
    { target: 'bank', m: 30 },
    { target: 'shop', m: 15 },
  ]);
});

test('two replicas that look at once value an incident once', async () => {
  await ended('shop', 5);
  await Promise.all([total(), total(), total()]);
  assert.equal((await rowsOf(db.database, 'select * from saving')).length, 1);
});

test('an incident that was committed after a later one is not forgotten', async () => {
  await ended('shop', 5);
  await total();
  await ended('bank', 5);
  // It closed before the one that was valued already.
  await db.database.query(
    `update incident set closed_at = closed_at - interval '1 minute', starts_at = starts_at - interval '1 minute' where target = 'bank'`,
  );
  assert.equal(cents((await total()).bank), 20);
});

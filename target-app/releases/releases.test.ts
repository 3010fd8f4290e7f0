import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestAt } from '../load-generator.ts';
import { parseOrder } from '../orders.ts';
import { SEED } from '../schema.ts';
import { RELEASES } from './releases.ts';

const prices = new Map(
  [...SEED.matchAll(/\((\d+), '[^']+', (\d+)\)/g)].map(([, id, cents]) => [Number(id), Number(cents)]),
);
const line = (quantity: number, price_cents: number) => [{ quantity, price_cents }];

test('1.0.0 adds up; 1.1.0 takes a discount off two or more of a cheap product', () => {
  assert.equal(RELEASES['1.0.0'].totalOf([...line(2, 14_900), ...line(1, 390)]), 30_190);
  assert.equal(RELEASES['1.1.0'].totalOf(line(1, 14_900)), 14_900);
  assert.equal(RELEASES['1.1.0'].totalOf(line(3, 390)), 1_170 - 35);
  assert.equal(RELEASES['1.1.0'].totalOf(line(2, 1_290)), 2_580 - 129);
});

test('1.1.0 throws a TypeError for about 40 % of the orders that the load generator sends, 1.0.0 for none', () => {
  const orders = Array.from({ length: 600 }, (_, n) => requestAt(n))
    .filter((request) => request.method === 'POST')
    .map((request) => parseOrder(JSON.parse(request.body ?? '')));
  let failed = 0;
  for (const order of orders) {
    const lines = order.items.map((i) => ({
      quantity: i.quantity,
      price_cents: prices.get(i.product_id) ?? 0,
    }));
    assert.ok(RELEASES['1.0.0'].totalOf(lines) > 0);
    try {
      RELEASES['1.1.0'].totalOf(lines);
    } catch (error) {
      assert.ok(error instanceof TypeError);
      failed += 1;
    }
  }
  const share = failed / orders.length;
  assert.ok(share > 0.35 && share < 0.5, `${share}`);
});

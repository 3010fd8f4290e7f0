/** Products and orders: what the shop sells and how an order is taken. */
import { z } from 'zod';
import { inTransaction, type Pool } from './database.ts';
import { Problem } from './problem.ts';
import type { Release } from './releases/release.ts';

export interface Product {
  id: number;
  name: string;
  price_cents: number;
}

export const Order = z.object({
  // PostgreSQL text cannot hold U+0000.
  customer: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((name) => !name.includes('\0'), 'has a null character'),
  items: z
    .array(z.object({ product_id: z.int32().positive(), quantity: z.int().min(1).max(100) }))
    .min(1)
    .max(50)
    .refine((items) => new Set(items.map((item) => item.product_id)).size === items.length, {
      message: 'names a product twice; put the quantities together',
    }),
});
export type Order = z.infer<typeof Order>;

export interface PlacedOrder {
  id: number;
  total_cents: number;
}

/** All products, in the order of their ids. */
export async function listProducts(pool: Pool): Promise<Product[]> {
  const { rows } = await pool.query<Product>({
    name: 'list-products',
    text: 'SELECT id, name, price_cents FROM products ORDER BY id',
  });
  return rows;
}

/** Reads an order from a request body; throws a 422 Problem that names each bad field. */
export function parseOrder(body: unknown): Order {
  const parsed = Order.safeParse(body);
  if (parsed.success) return parsed.data;
  const named = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new Problem(422, named.join('; '));
}

/** Stores the order and its items in one transaction at today's prices, added up as the release does it; an unknown product is a 422 Problem. */
export async function placeOrder(pool: Pool, order: Order, release: Release): Promise<PlacedOrder> {
  const ids = order.items.map((item) => item.product_id);
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<Product>({
      name: 'price-products',
      text: 'SELECT id, price_cents FROM products WHERE id = ANY($1::int[])',
      values: [ids],
    });
    const prices = new Map(rows.map((row) => [row.id, row.price_cents]));
    const lines = order.items.map((item) => ({ ...item, price_cents: priceOf(prices, item.product_id) }));
    const total = release.totalOf(lines);
    const inserted = await client.query<{ id: string }>({
      name: 'insert-order',
      text: 'INSERT INTO orders (customer, total_cents) VALUES ($1, $2) RETURNING id',
      values: [order.customer, total],
    });
    const id = Number(inserted.rows[0]?.id);
    await client.query({
      name: 'insert-order-items',
      text: `INSERT INTO order_items (order_id, product_id, quantity, price_cents)
             SELECT $1, * FROM unnest($2::int[], $3::int[], $4::int[])`,
      values: [id, ids, lines.map((line) => line.quantity), lines.map((line) => line.price_cents)],
    });
    return { id, total_cents: total };
  });
}

function priceOf(prices: Map<number, number>, id: number): number {
  const price = prices.get(id);
  if (price === undefined)
    throw new Problem(422, `items: there is no product ${id}; GET /api/products lists them`);
  return price;
}

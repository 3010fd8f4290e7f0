/** The shop as a Koa application: its routes, one line each. */
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import type { Capacity } from './capacity.ts';
import type { Pool } from './database.ts';
import { addFaultRoutes } from './faults/faults.ts';
import type { Health } from './health.ts';
import type { Log } from './log.ts';
import type { Memory } from './memory.ts';
import { listProducts, parseOrder, placeOrder } from './orders.ts';
import { makeProblems, Problem } from './problem.ts';
import type { Release } from './releases/release.ts';
import { addStorefrontRoutes, type StorefrontOptions } from './storefront/storefront.ts';

export interface ShopOptions {
  pool: Pool;
  log: Log;
  memory: Memory;
  capacity: Capacity;
  release: Release;
  checkHealth: () => Promise<Health>;
  faultsOn: boolean;
  leakSeconds?: number | undefined;
  /** What the storefront measures in browsers; by default nothing. */
  measure?: StorefrontOptions['measure'];
}

export function makeShop(options: ShopOptions): Koa {
  const {
    pool,
    log,
    memory,
    capacity,
    release,
    checkHealth,
    faultsOn,
    leakSeconds,
    measure = null,
  } = options;
  const router = new Router();

  router.get('/health', async (ctx) => {
    const health = await checkHealth();
    ctx.status = health.status === 'ok' ? 200 : 503;
    ctx.set('cache-control', 'no-store');
    ctx.body = health;
  });

  addStorefrontRoutes(router, { pool, capacity, log, measure });

  router.get('/api/products', capacity.gate(), async (ctx) => {
    ctx.body = { products: await listProducts(pool) };
  });

  router.post('/api/orders', capacity.gate(), readJson, async (ctx) => {
    const placed = await placeOrder(pool, parseOrder(ctx.request.body), release);
    ctx.status = 201;
    ctx.body = placed;
  });

  if (faultsOn) addFaultRoutes(router, { log, memory, pool, leakSeconds });

  const app = new Koa();
  app.use(makeProblems({ log }));
  app.use(router.routes());
  app.use(router.allowedMethods());
  // What Koa reports here is a client that went away in mid-answer; nobody is left to be told.
  app.on('error', (error: Error) => log.warn({ event: 'response.failed' }, error.message));
  return app;
}

const parseJson = bodyParser({ enableTypes: ['json'], jsonLimit: '64kb' });

/** Only JSON is read; any other media type is told so rather than seen as an empty body. */
async function readJson(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  if (!ctx.is('application/json')) throw new Problem(415, 'Send the order as application/json.');
  await parseJson(ctx, next);
}

/** The storefront: the page, its files, and the way for what browsers measure. docs/storefront.md */
import type Router from '@koa/router';
import type { Capacity } from '../capacity.ts';
import type { Pool } from '../database.ts';
import type { Log } from '../log.ts';
import { listProducts } from '../orders.ts';
import { addAssetRoutes } from './assets.ts';
import { addFaroRoutes, FARO_PATHS } from './faro.ts';
import { POLICY, storefrontPage } from './page.ts';
import type { Page } from './told.ts';

export interface StorefrontOptions {
  pool: Pool;
  capacity: Pick<Capacity, 'gate'>;
  log: Log;
  /** Null: nothing is measured, since there is nobody to tell. */
  measure: (Page & { endpoint: string }) | null;
}

export function addStorefrontRoutes(
  router: Router,
  { pool, capacity, log, measure }: StorefrontOptions,
): void {
  const measured = measure && { service: measure.service, version: measure.version, ...FARO_PATHS };
  router.get('/', capacity.gate(), async (ctx) => {
    ctx.set('content-security-policy', POLICY);
    ctx.set('x-content-type-options', 'nosniff');
    ctx.set('referrer-policy', 'same-origin');
    ctx.set('cache-control', 'no-cache');
    ctx.type = 'html';
    ctx.body = storefrontPage(await listProducts(pool), measured);
  });
  addAssetRoutes(router);
  if (measure) addFaroRoutes(router, { ...measure, log });
}

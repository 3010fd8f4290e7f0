import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import Router from '@koa/router';
import Koa from 'koa';
import { makeProblems } from '../problem.ts';
import { storefrontPage } from './page.ts';
import { addStorefrontRoutes, type StorefrontOptions } from './storefront.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const PRODUCTS = [{ id: 1, name: '<b>"Owl"</b>', price_cents: 2_450 }];
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function open(measure: StorefrontOptions['measure']): Promise<string> {
  const router = new Router();
  const pool = { query: async () => ({ rows: PRODUCTS }) } as unknown as StorefrontOptions['pool'];
  addStorefrontRoutes(router, { pool, log, measure, capacity: { gate: () => (_, next) => next() } });
  const server = createServer(new Koa().use(makeProblems({ log })).use(router.routes()).callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const measure = { service: 'shop', version: '1.0.0', instance: 'shop-1', endpoint: 'http://127.0.0.1:1' };
const filesOf = (html: string) =>
  [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path as string);

test('every file that the page names is there, is kept for ever, and comes small', async () => {
  const base = await open(measure);
  const files = filesOf(await (await fetch(base)).text());
  assert.equal(new Set(files).size, 6);
  for (const file of files) {
    const response = await fetch(`${base}${file}`);
    assert.equal(response.status, 200, file);
    assert.match(response.headers.get('cache-control') ?? '', /immutable/);
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.match(response.headers.get('content-type') ?? '', /javascript|css|svg/);
    const text = await response.text();
    assert.ok(text.length > 100 && !text.includes('sourceMappingURL'), file);
  }
});

test('a file of another release is what there is, and is not kept; any other path is not there', async () => {
  const base = await open(null);
  const other = await fetch(`${base}/assets/0123456789ab/shop.css`, {
    headers: { 'accept-encoding': 'identity' },
  });
  assert.equal(other.headers.get('cache-control'), 'no-cache');
  assert.equal(other.headers.get('content-encoding'), null);
  for (const name of ['constructor', '..%2Fpage.ts', 'none.js'])
    assert.equal((await fetch(`${base}/assets/0/${name}`)).status, 404, name);
});

test('without a Collector the page has no Faro, and nobody takes what is posted', async () => {
  const base = await open(null);
  const html = await (await fetch(base)).text();
  assert.equal(filesOf(html).length, 4);
  assert.doesNotMatch(html, /faro|measure/);
  assert.equal((await fetch(`${base}/faro/v1/logs`, { method: 'POST' })).status, 404);
});

test('the page allows no script but its own, and a name is text', async () => {
  const response = await fetch(await open(measure));
  assert.match(
    response.headers.get('content-security-policy') ?? '',
    /default-src 'none'; script-src 'self';/,
  );
  const html = await response.text();
  assert.doesNotMatch(html, /<b>|<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
  assert.match(html, /&lt;b&gt;&quot;Owl&quot;&lt;\/b&gt;/);
});

test('a shop that sells nothing says so', () => {
  assert.match(storefrontPage([], null), /Nothing is for sale/);
});

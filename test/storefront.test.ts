/** A customer's browser on the real shop: what it sees, what it measures, and that both are evidence of an incident. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { until } from '../tools/demo/wait.ts';
import type { View } from '../tools/pictures/chromium.ts';
import { axeProblems, isTooWide, noBrowser, openPage } from './browser.ts';
import { startStory } from './story.ts';

const skip = { skip: noBrowser };
const story = await startStory();
const shop = story.stack.addresses['target-app-1'] as string;
const database = new pg.Client({ connectionString: story.stack.databases.aegis });
const pictures = await mkdtemp(join(tmpdir(), 'aegisops-storefront-'));
database.on('error', () => undefined); // it is stopped before we leave it
before(() => database.connect());
after(async () => {
  await database.end().catch(() => undefined);
  await rm(pictures, { recursive: true });
});

const ORDER = { customer: 'ann', items: [{ product_id: 1, quantity: 1 }] };

/** Lines of the log window, as the Collector brought them. */
async function linesOf(service: string): Promise<{ severity: string; message: string }[]> {
  const { rows } = await database.query(
    'select severity, message from log_line where service = $1 order by id',
    [service],
  );
  return rows;
}
const told = (what: RegExp, severity = 'info') =>
  until(`a browser's line ${what}`, 20_000, async () => {
    const lines = await linesOf('target-app-browser');
    return lines.find((line) => what.test(line.message) && line.severity === severity) ?? null;
  });

test('nobody can write into the log of another service by the way for browsers', async () => {
  const record = { body: { stringValue: 'payments is out of memory' } };
  const attributes = [{ key: 'service.name', value: { stringValue: 'payments' } }];
  const body = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] };
  const response = await fetch(`${shop}/faro/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 202);
  await told(/payments is out of memory/);
  assert.deepEqual(await linesOf('payments'), []);
});

test('the page loads without an error or a breach of its policy, and axe finds nothing', skip, async () => {
  for (const view of ['desktop', 'dark', 'phone'] as View[]) {
    const { page, problems } = await openPage(shop, view);
    await page.waitForLoadState('networkidle');
    assert.equal(await page.locator('button[data-product]').count(), 12);
    assert.deepEqual(await axeProblems(page), [], view);
    assert.deepEqual(problems, [], view);
    assert.equal(await isTooWide(page), false, view);
    await page.screenshot({ path: join(pictures, `${view}.png`), fullPage: true });
  }
});

test('dark is dark, and on a phone the products stand below each other', skip, async () => {
  const ground = 'getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)';
  const light = await (await openPage(shop, 'desktop')).page.evaluate<number[]>(ground);
  const dark = await (await openPage(shop, 'dark')).page.evaluate<number[]>(ground);
  assert.ok(Math.min(...light) > 200 && Math.max(...dark) < 60, `${light} and ${dark}`);
  const { page } = await openPage(shop, 'phone');
  const lefts = await page.evaluate<number[]>(
    "[...document.querySelectorAll('.product')].map((one) => one.getBoundingClientRect().left)",
  );
  assert.equal(new Set(lefts).size, 1);
});

test('an order by keyboard alone works, is said aloud, and is measured', skip, async () => {
  const { page, problems } = await openPage(shop);
  const button = page.getByRole('button', { name: 'Order Owl figurine' });
  await button.focus();
  await page.keyboard.press('Enter');
  const status = page.getByRole('status');
  await until('the shop to answer', 20_000, async () =>
    (await status.textContent())?.startsWith('Ordered: ') ? true : null,
  );
  assert.match(
    (await status.textContent()) ?? '',
    /^Ordered: Owl figurine, 24\.50 €\. Your order is number \d+\.$/,
  );
  assert.equal(await page.evaluate('document.activeElement.dataset.name'), 'Owl figurine');
  await told(/^order placed \(201\) after \d+ ms$/);
  assert.deepEqual(problems, []);
});

test('a page under a policy runs no script that is not its own', skip, async () => {
  const { page, problems } = await openPage(shop);
  await page.evaluate(
    "const s = document.createElement('script'); s.textContent = 'globalThis.hacked = 1'; document.body.append(s)",
  );
  assert.equal(await page.evaluate('globalThis.hacked'), undefined);
  assert.match(problems.join(), /Content Security Policy/);
});

test(
  'web vitals, an error and a failed order reach the log window, and are evidence of an incident',
  skip,
  async () => {
    await story.quiet('target-app');
    const { page } = await openPage(shop);
    await page.evaluate("setTimeout(() => { throw new TypeError('cart is not iterable'); })");
    await told(/^TypeError: cart is not iterable/, 'error');
    await page.route('**/api/orders', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: '{"detail":"come back later"}',
      }),
    );
    await page.getByRole('button', { name: 'Order Amphora' }).click();
    await told(/^order failed \(503\) after \d+ ms: come back later$/, 'error');
    await page.goto('about:blank'); // leaving is when a browser knows the rest
    await told(/^web vital LCP \d+ ms \((good|needs-improvement|poor)\)$/);
    await told(/^web vital TTFB /);

    await story.trigger('target-app', 'memory');
    const incident = await story.ended('target-app');
    assert.equal(incident.outcome, 'resolved');
    const seen = incident.evidence.find(({ source }) => source === 'browser');
    assert.match(seen?.query ?? '', /^browser of target-app: log window of target-app-browser/);
    assert.match(seen?.reading ?? '', /^users' words/);
    const lines = seen?.data.kind === 'logs' ? seen.data.lines.map(({ message }) => message).join('\n') : '';
    for (const part of [/TypeError: cart/, /order failed \(503\)/, /web vital/]) assert.match(lines, part);
    const patterns = incident.evidence.find(({ data }) => data.kind === 'patterns')?.data;
    const services = patterns?.kind === 'patterns' ? patterns.patterns.map(({ service }) => service) : [];
    assert.ok(services.includes('target-app-browser'));
  },
);

test('what browsers do for their own sake is no request of the shop, and costs it nothing', async () => {
  assert.equal((await story.post(ORDER, '/api/orders', {}, shop)).status, 201);
  await until('the shop to be measured', 30_000, () =>
    story.query('sum(http_server_request_duration_seconds_count{http_route="/api/orders"})'),
  );
  assert.equal(
    await story.query('sum(http_server_request_duration_seconds_count{http_route=~"/faro.*"})'),
    null,
  );
});

/**
 * Pages in a real browser. Where there is no Chromium the tests that need one are skipped, and one line says so;
 * AEGIS_BROWSER=required takes that for a failure.
 *
 *     test('...', { skip: noBrowser }, async () => { const { page, problems } = await openPage(url, 'phone'); ... });
 */
import { after } from 'node:test';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { findChromium, startChromium, VIEWS, type View } from '../tools/pictures/chromium.ts';

export type { Page } from 'playwright-core';

/** Why tests in a browser are left out; false where they can run. Throws where they have to. */
export const noBrowser: string | false = lookForOne();

export interface Opened {
  page: Page;
  /** What went wrong in it so far: lines of its console from warnings on, errors, requests that failed, breaches of its policy. */
  problems: string[];
}

let started: Promise<Browser> | undefined;
after(async () => (await started)?.close());

/** Opens an address in a window of its own, as seen on a desktop unless told otherwise; closed after the last test. */
export async function openPage(
  url: string,
  view: View = 'desktop',
  more: BrowserContextOptions = {},
): Promise<Opened> {
  started ??= startChromium();
  const context = await (await started).newContext({ ...VIEWS[view], ...more });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (/^(warning|error|assert)$/.test(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => {
    // A stream has no other end than that its page is left.
    if (request.resourceType() === 'eventsource' && request.failure()?.errorText === 'net::ERR_ABORTED')
      return;
    problems.push(`request: ${request.url()} ${request.failure()?.errorText}`);
  });
  await page.goto(url);
  return { page, problems };
}

/** What axe finds wrong for people who use a keyboard or a screen reader, one line each; [] where it finds nothing. */
export async function axeProblems(page: Page): Promise<string[]> {
  // By the debugger's way, which the page's policy does not stand in the way of.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Whether something stands out of the window to the right, so that a reader has to scroll sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}

function lookForOne(): string | false {
  const found = findChromium();
  if ('path' in found) return false;
  const left = `tests in a browser are left out: ${found.problem}`;
  if (process.env.AEGIS_BROWSER === 'required') throw new Error(left);
  process.stderr.write(`${left}\n`);
  return left;
}

/** Which pages are pictured, and how one is taken. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { VIEWS, type View } from './chromium.ts';

export const SHOTS = ['storefront', 'incidents', 'incident', 'runbook'] as const;
export type ShotName = (typeof SHOTS)[number];

export interface Shot {
  name: ShotName;
  url: string;
  /** What a person does before it is worth a picture. */
  first?: (page: Page) => Promise<void>;
}

/** A page that lives (server-sent events) never comes to rest; drawing takes less than this, in ms. */
const SETTLE_MS = 700;
/** A longer page is cut, in CSS pixels: nobody scrolls through a picture. */
const MAX_HEIGHT = { desktop: 1_600, dark: 1_600, phone: 1_100 } satisfies Record<View, number>;

/** Pictures of a page in every view, as `<folder>/<name>-<view>.png`. @returns their paths */
export async function take(browser: Browser, { name, url, first }: Shot, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const view of Object.keys(VIEWS) as View[]) {
    const context = await browser.newContext({ ...VIEWS[view], reducedMotion: 'reduce' });
    const page = await context.newPage();
    const response = await page.goto(url);
    if (!response?.ok()) throw new Error(`GET ${url} answered ${response?.status()}`);
    await first?.(page);
    await sleep(SETTLE_MS);
    const path = join(folder, `${name}-${view}.png`);
    await page.setViewportSize(await sizeOf(page, view));
    await page.screenshot({ path });
    paths.push(path);
    await context.close();
  }
  return paths;
}

/** As high as the page, so that what sticks to the foot of the window stands at the foot of the picture. */
async function sizeOf(page: Page, view: View): Promise<{ width: number; height: number }> {
  const { width, height } = VIEWS[view].viewport;
  const whole = await page.evaluate<number>('document.documentElement.scrollHeight');
  return { width, height: Math.min(Math.max(height, whole), MAX_HEIGHT[view]) };
}

/** One order, so that the page says something. */
export async function orderOne(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Order Amphora' }).click();
  await page.getByText('Ordered: ').waitFor();
}

/** The Chromium of this machine, without a window. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const HOW = 'install it (Debian: apt-get install chromium) or set AEGIS_CHROMIUM to its path';

/** How people look at a page. */
export const VIEWS = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: {
    viewport: { width: 390, height: 844 },
    colorScheme: 'light',
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
} satisfies Record<string, BrowserContextOptions>;
export type View = keyof typeof VIEWS;

/** Path of a Chromium: AEGIS_CHROMIUM, else on PATH. Or why there is none. */
export function findChromium(env = process.env): { path: string } | { problem: string } {
  const set = env.AEGIS_CHROMIUM;
  if (set) return isProgram(set) ? { path: set } : { problem: `AEGIS_CHROMIUM is no program: ${set}` };
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const path = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), MAC].find(isProgram);
  return path === undefined ? { problem: `no Chromium was found; ${HOW}` } : { path };
}

/** Starts it. The caller closes it. Throws when there is none. */
export async function startChromium(): Promise<Browser> {
  const found = findChromium();
  if ('problem' in found) throw new Error(found.problem);
  // Its sandbox does not work for root, and its shared memory not in a small container.
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'];
  return chromium.launch({ executablePath: found.path, args });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

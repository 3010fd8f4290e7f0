/** The folder where fetched programs stay: one folder a product, version and platform, which appears whole. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './lock.ts';
import type { Platform } from './platform.ts';
import type { Product } from './products.ts';
import { compareVersions, versionIn } from './version.ts';

/** Folders that may hold a product for this platform, the newest version first. */
export function cachedFolders(cache: string, product: Product, platform: Platform): string[] {
  if (!existsSync(cache)) return [];
  const pattern = new RegExp(`^${product.name}-(\\d+\\.\\d+\\.\\d+)-${platform.name}$`);
  return readdirSync(cache)
    .filter((name) => pattern.test(name))
    .sort((a, b) => compareVersions(versionIn(b) ?? '', versionIn(a) ?? ''))
    .map((name) => join(cache, name));
}

/**
 * Moves a finished folder into the cache, in place of one of the same name that did not do.
 * @returns where it is now
 */
export function keep(
  cache: string,
  folder: string,
  product: Product,
  version: string,
  platform: Platform,
): string {
  const home = join(cache, `${product.name}-${version}-${platform.name}`);
  rmSync(home, { recursive: true, force: true });
  renameSync(folder, home);
  return home;
}

/** A private folder on the cache's own file system, so that what it holds can be moved; swept when its owner is gone. */
export function makeScratch(cache: string): { dir: string; remove: () => void } {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const owner = /^scratch-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner)))
      rmSync(join(cache, name), { recursive: true, force: true });
  }
  const dir = mkdtempSync(join(cache, `scratch-${process.pid}-`));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { dir, remove };
}

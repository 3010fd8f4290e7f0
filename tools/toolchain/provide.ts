/** One product from the first place that has a good one. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolders, keep } from './cache.ts';
import { provideTemplates } from './debian.ts';
import { ask, type Examine, type Facts, makeExamine, objection } from './examine.ts';
import { isExecutableFile, onPath } from './files.ts';
import { withLock } from './lock.ts';
import type { Platform } from './platform.ts';
import type { Product, Program, Programs } from './products.ts';
import type { Say } from './progress.ts';
import type { Source } from './source.ts';

export type Provided = Partial<Programs>;

interface Options {
  cache: string;
  platform: Platform;
  /** In the order in which they are tried, after PATH and the cache. */
  sources: Source[];
  /** A folder on the cache's file system, for what is not finished. */
  scratch: string;
  say: Say;
  /** PATH, to look for the programs. */
  path?: string;
}

interface Context extends Required<Options> {
  examine: Examine;
}

/** Why a place did not serve. */
interface Tried {
  place: string;
  reason: string;
}

/** @throws Error that names everything tried, with its reason, and what to install */
export function provide(options: Options): (product: Product) => Promise<Provided> {
  const context = { path: process.env.PATH ?? '', ...options, examine: makeExamine(options) };
  return async (product) => {
    const tried: Tried[] = [];
    const there = (await fromPath(product, context, tried)) ?? (await fromCache(product, context, tried));
    if (there) return there;
    mkdirSync(context.cache, { recursive: true });
    return withLock(join(context.cache, `${product.name}.lock`), context.say, async () => {
      // Another process may have fetched it while this one waited.
      const fetched = (await fromCache(product, context, [])) ?? (await fromSources(product, context, tried));
      if (fetched) return fetched;
      throw new Error(refusal(product, tried));
    });
  };
}

async function fromPath(product: Product, context: Context, tried: Tried[]): Promise<Provided | undefined> {
  const found: Provided = {};
  const reasons: string[] = [];
  for (const program of product.programs) {
    const names = [program, ...(product.aliases[program] ?? [])];
    const candidates = names.flatMap((name) => onPath(name, context.path));
    if (candidates.length === 0) reasons.push(`no ${program}`);
    for (const candidate of candidates) {
      const reason = objection(candidate, product, await context.examine(candidate, product));
      if (reason === undefined) found[program] ??= candidate;
      else reasons.push(reason);
    }
  }
  if (product.programs.every((program) => found[program])) return found;
  tried.push({ place: 'PATH', reason: reasons.join('; ') });
  return undefined;
}

async function fromCache(product: Product, context: Context, tried: Tried[]): Promise<Provided | undefined> {
  const folders = cachedFolders(context.cache, product, context.platform);
  if (folders.length === 0) tried.push({ place: `cache ${context.cache}`, reason: 'not there' });
  for (const folder of folders) {
    try {
      await assertGood(folder, product, (path) => context.examine(path, product));
      provideTemplates(folder, context.say);
      return programsIn(folder, product);
    } catch (error) {
      tried.push({ place: `cache ${folder}`, reason: (error as Error).message });
    }
  }
  return undefined;
}

async function fromSources(
  product: Product,
  context: Context,
  tried: Tried[],
): Promise<Provided | undefined> {
  for (const source of context.sources.filter(({ serves }) => serves(product))) {
    const started = Date.now();
    try {
      const folder = mkdtempSync(join(context.scratch, `${product.name}-`));
      await source.fetch(product, folder, context.say);
      const version = await assertGood(folder, product, (path) => ask(path, product));
      const home = keep(context.cache, folder, product, version, context.platform);
      const seconds = Math.round((Date.now() - started) / 1000);
      context.say(`${product.title} ${version} is there (${source.name}, ${seconds} s)`);
      return programsIn(home, product);
    } catch (error) {
      const reason = (error as Error).message;
      context.say(`${product.title}: ${source.name} did not serve: ${reason}`);
      tried.push({ place: source.name, reason });
    }
  }
  return undefined;
}

/**
 * @returns the version of the first of its programs
 * @throws Error with the first objection
 */
async function assertGood(
  folder: string,
  product: Product,
  facts: (path: string) => Promise<Facts>,
): Promise<string> {
  let version = '';
  for (const program of product.programs) {
    const path = join(folder, program);
    if (!isExecutableFile(path)) throw new Error(`${path} is missing`);
    const known = await facts(path);
    const reason = objection(path, product, known);
    if (reason !== undefined) throw new Error(reason);
    version ||= known.version ?? '';
  }
  return version;
}

function programsIn(folder: string, product: Product): Provided {
  const entries = product.programs.map((program): [Program, string] => [program, join(folder, program)]);
  return Object.fromEntries(entries);
}

function refusal(product: Product, tried: Tried[]): string {
  const lines = tried.map(({ place, reason }) => `  - ${place}: ${reason}`);
  return [
    `${product.title} cannot be had. Tried:`,
    ...lines,
    `  Install ${product.install} and put it on PATH, or connect to a network and run again. See docs/setup.md.`,
  ].join('\n');
}

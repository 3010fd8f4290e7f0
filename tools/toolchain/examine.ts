/** Is this file the program we need? Asked of the program itself, and remembered as long as the file is the same. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './command.ts';
import { readJson, writeWhole } from './files.ts';
import type { Product } from './products.ts';
import { compareVersions, versionIn } from './version.ts';

/** What a program says of itself. */
export interface Facts {
  /** Undefined where it could not be run or told none; `problem` says why. */
  version?: string;
  problem?: string;
  /** `<kind>/<name>`, of a Collector. */
  components: string[];
}

/** Examines a file, or remembers what was found when its time and size were the same. */
export type Examine = (path: string, product: Product) => Promise<Facts>;

interface Remembered extends Facts {
  key: string;
}

export function makeExamine({ cache }: { cache: string }): Examine {
  const file = join(cache, 'examined.json');
  return async (path, product) => {
    const { mtimeMs, size } = statSync(path);
    const key = `${mtimeMs} ${size}`;
    const known = (readJson(file) ?? {}) as Record<string, Remembered>;
    const found = known[path];
    if (found?.key === key) return found;
    const facts = await ask(path, product);
    // A failure may pass (a library gets installed): only what worked is remembered.
    const latest = (readJson(file) ?? {}) as Record<string, Remembered>;
    if (facts.version)
      writeWhole(file, `${JSON.stringify({ ...latest, [path]: { ...facts, key } }, null, 1)}\n`);
    return facts;
  };
}

/** Asks the program itself, now. */
export async function ask(path: string, product: Product): Promise<Facts> {
  try {
    const { output } = await run(path, ['--version'], { timeoutMs: 20_000 });
    const version = versionIn(output);
    if (!version)
      return { problem: `\`--version\` answered ${JSON.stringify(output.slice(0, 120))}`, components: [] };
    const listed =
      product.components.length > 0 ? await run(path, ['components'], { timeoutMs: 20_000 }) : undefined;
    return { version, components: listed ? componentsIn(listed.output) : [] };
  } catch (error) {
    return { problem: (error as Error).message, components: [] };
  }
}

/** Kinds and names from `otelcol components` (YAML); newer Collectors call `otlphttp` `otlp_http`, and take both. */
export function componentsIn(output: string): string[] {
  const found: string[] = [];
  let kind = '';
  for (const line of output.split('\n')) {
    kind = /^([a-z]+):/.exec(line)?.[1] ?? kind;
    const name = /^\s+- (?:name: )?([a-z0-9_]+)\s*$/.exec(line)?.[1];
    if (name) found.push(`${kind}/${name.replace('otlp_http', 'otlphttp')}`);
  }
  return found;
}

/** Why a program will not do; undefined where it will. */
export function objection(path: string, product: Product, facts: Facts): string | undefined {
  const name = basename(path);
  if (!facts.version) return `${path} does not run: ${facts.problem ?? 'no version'}`;
  if (compareVersions(facts.version, product.minimum) < 0) {
    return `${name} ${facts.version} (${path}) is older than ${product.minimum}`;
  }
  const missing = product.components.filter((component) => !facts.components.includes(component));
  return missing.length > 0 ? `${name} ${facts.version} (${path}) lacks ${missing.join(', ')}` : undefined;
}

/** Source: the project's own release archive, checked against the checksums file of the release. */
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runOk } from './command.ts';
import { downloadFile, downloadText, LIMITS, type Limits } from './download.ts';
import type { Platform } from './platform.ts';
import type { Product } from './products.ts';
import { type Say, startProgress } from './progress.ts';
import type { Source } from './source.ts';

interface Options {
  platform: Platform;
  limits?: Limits;
}

export function makeArchiveSource({ platform, limits = LIMITS }: Options): Source {
  /** Reached or not, once a run: three products need not find out one after the other that there is no internet. */
  const hosts = new Map<string, Promise<void>>();
  const reach = (base: string): Promise<void> => {
    const { origin } = new URL(base);
    const known = hosts.get(origin) ?? knock(origin, limits);
    hosts.set(origin, known);
    return known;
  };
  return {
    name: 'release archive',
    serves: () => true,
    fetch: async (product, into, say) => {
      const { base, archive, checksums } = releaseOf(product, platform);
      await reach(base);
      const expected = checksumOf(archive, await downloadText(base + checksums, limits), base + checksums);
      await fetchArchive({ product, platform, into, say, limits, url: base + archive, expected });
    },
  };
}

/** Any answer of the host will do. */
async function knock(origin: string, limits: Limits): Promise<void> {
  try {
    await fetch(origin, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(limits.connectMs),
    });
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${origin} is not reachable: ${cause instanceof Error ? cause.message : message}`);
  }
}

interface Archive {
  product: Product;
  platform: Platform;
  into: string;
  say: Say;
  limits: Limits;
  url: string;
  /** SHA-256 in hex. */
  expected: string;
}

async function fetchArchive({ product, platform, into, say, limits, url, expected }: Archive): Promise<void> {
  const dir = mkdtempSync(`${into}.archive-`);
  const label = `${product.title} ${product.version} from ${url}`;
  say(label);
  const progress = startProgress(say, label);
  try {
    const file = join(dir, basename(url));
    const actual = await downloadFile(url, file, (done, total) => progress.at(amount(done, total)), limits);
    if (actual !== expected)
      throw new Error(`${url}: its SHA-256 is ${actual}, its release says ${expected}`);
    const members = product.programs.map((program) =>
      fill(product.release.member, product, platform).replace('{program}', program),
    );
    const depth = (members[0]?.split('/').length ?? 1) - 1;
    await runOk('tar', ['-xzf', file, '-C', into, `--strip-components=${depth}`, ...members]);
  } finally {
    progress.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `12.3 of 98.1 MB (12 %)`. */
function amount(done: number, total: number | undefined): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  if (total === undefined) return `${megabytes(done)} MB`;
  return `${megabytes(done)} of ${megabytes(total)} MB (${Math.floor((done / total) * 100)} %)`;
}

/** Address and names of a product's release for a platform. */
export function releaseOf(
  product: Product,
  platform: Platform,
): { base: string; archive: string; checksums: string } {
  const { base, archive, checksums } = product.release;
  return {
    base: fill(base, product, platform),
    archive: fill(archive, product, platform),
    checksums: fill(checksums, product, platform),
  };
}

function fill(template: string, product: Product, platform: Platform): string {
  return template
    .replaceAll('{version}', product.version)
    .replaceAll('{os}', platform.os)
    .replaceAll('{arch}', platform.arch);
}

/**
 * The SHA-256 of a file from a list as `sha256sum` writes it.
 * @throws Error when the list does not name the file
 */
export function checksumOf(file: string, list: string, where: string): string {
  for (const line of list.split('\n')) {
    const match = /^([0-9a-f]{64})[ \t]+\*?(\S+)\s*$/i.exec(line);
    if (match?.[2] === file && match[1]) return match[1].toLowerCase();
  }
  throw new Error(`${where} names no SHA-256 for ${file}`);
}

/**
 * The programs that are not npm packages, wherever they can be had. In this order: on PATH; in the cache; the
 * project's own release archive; Debian's package; built with Go. The first that is good enough is taken.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeApt } from './apt.ts';
import { makeArchiveSource } from './archive.ts';
import { makeScratch } from './cache.ts';
import { makeDebianSource } from './debian.ts';
import { cacheDir } from './files.ts';
import { makeGoSource } from './go-build.ts';
import { platformOf } from './platform.ts';
import { PRODUCTS, type Program, type Programs } from './products.ts';
import type { Say } from './progress.ts';
import { type Provided, provide } from './provide.ts';

const MANIFEST = fileURLToPath(new URL('../../otel-collector/builder.yaml', import.meta.url));

export interface ToolchainOptions<Name extends Program> {
  /** Takes the lines that tell what is fetched, from where, and how far it is. */
  say: Say;
  /** Which are wanted; all by default. */
  names?: Name[];
}

/**
 * Absolute paths of the programs, fetched first where they are not there yet (minutes); under a second when they are.
 * AEGIS_PROGRAMS (JSON, name to path) is taken as it is: a parent that has done this hands it to its children.
 * @throws Error that names for each program all that was tried, the reasons, and what to install
 */
export async function toolchain<Name extends Program = Program>({
  say,
  names,
}: ToolchainOptions<Name>): Promise<Pick<Programs, Name>> {
  const wanted: Program[] = names ?? PRODUCTS.flatMap((product) => product.programs);
  const given = givenPrograms(process.env.AEGIS_PROGRAMS);
  if (wanted.every((name) => given[name])) return given as Programs;

  const cache = cacheDir();
  assertWritable(cache);
  const scratch = makeScratch(cache);
  try {
    const platform = platformOf();
    const apt = makeApt({ dir: `${scratch.dir}/apt` });
    const sources = [
      makeArchiveSource({ platform }),
      makeDebianSource({ apt, platform }),
      makeGoSource({ apt, cache, manifest: MANIFEST }),
    ];
    const products = PRODUCTS.filter((product) =>
      product.programs.some((program) => wanted.includes(program)),
    );
    const provider = provide({ cache, platform, sources, scratch: scratch.dir, say });
    return joined(await Promise.allSettled(products.map(provider))) as Programs;
  } finally {
    scratch.remove();
  }
}

/** One error for all that failed, so that a reader installs everything at once. */
function joined(results: PromiseSettledResult<Provided>[]): Partial<Programs> {
  const reasons = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as Error).message] : [],
  );
  if (reasons.length > 0) throw new Error(reasons.join('\n'));
  return Object.assign({}, ...results.map((result) => (result.status === 'fulfilled' ? result.value : {})));
}

function givenPrograms(json: string | undefined): Partial<Programs> {
  if (json === undefined || json === '') return {};
  try {
    return JSON.parse(json) as Partial<Programs>;
  } catch {
    throw new Error('AEGIS_PROGRAMS is not JSON: a program name to path object is wanted, or nothing');
  }
}

function assertWritable(cache: string): void {
  try {
    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
  } catch (error) {
    throw new Error(
      `the cache folder ${cache} cannot be used (${(error as Error).message}): set AEGIS_CACHE_DIR`,
    );
  }
}

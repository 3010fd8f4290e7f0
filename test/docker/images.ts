/**
 * `node tools/bootstrap.mjs test/docker/images.ts`: puts the images that docker-compose.yml and the Dockerfiles build
 * upon into the engine: the real ones where a registry can be reached, else stand-ins of the same names, made of what
 * this machine has. Nothing to do where all are there. `--remove` takes the stand-ins away again.
 * Needs an engine; for stand-ins also a Debian, and once, for their base, root and debootstrap.
 */

import { STAND_IN } from '../../tools/test/docker.ts';
import { makeScratch } from '../../tools/toolchain/cache.ts';
import { run, runOk } from '../../tools/toolchain/command.ts';
import { cacheDir } from '../../tools/toolchain/files.ts';
import { toolchain } from '../../tools/toolchain/toolchain.ts';
import { BASE, ensureBase } from './images/base.ts';
import { makeKept } from './images/kept.ts';
import { RECIPES } from './images/recipes.ts';
import { ensureStandIn, type Ingredients, stateOf } from './images/stand-in.ts';

const PULL_LIMIT_MS = 900_000;

const say = (line: string) => void process.stdout.write(`images: ${line}\n`);

try {
  await (process.argv.includes('--remove') ? removeAll() : ensureAll());
} catch (error) {
  process.stderr.write(`images: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function ensureAll(): Promise<void> {
  await pullAbsent();
  const states = await Promise.all(RECIPES.map(({ image }) => stateOf(image)));
  if (states.every(({ kind }) => kind === 'real')) return say('the real images are all there');
  const scratch = makeScratch(cacheDir());
  try {
    const kept = makeKept({ dir: `${cacheDir()}/stand-ins`, scratch: scratch.dir });
    const programs = await toolchain({ say });
    const ingredients: Ingredients = { programs, base: BASE, kept, say };
    await ensureBase(ingredients);
    for (const recipe of RECIPES) await ensureStandIn(recipe, ingredients, scratch.dir);
  } finally {
    scratch.remove();
  }
}

/** The first that cannot be had says that no registry is there, and the others need not wait for it too. */
async function pullAbsent(): Promise<void> {
  for (const { image } of RECIPES) {
    if ((await stateOf(image)).kind !== 'absent') continue;
    say(`${image}: looking for the real image`);
    const { code, output } = await run('docker', ['pull', '--quiet', image], { timeoutMs: PULL_LIMIT_MS });
    if (code !== 0) return say(`${image}: cannot be pulled (${output.trim()}), so stand-ins are made`);
    say(`${image}: the real image is there`);
  }
}

async function removeAll(): Promise<void> {
  const filter = ['--filter', `label=${STAND_IN}=true`];
  const list = await runOk('docker', ['image', 'ls', ...filter, '--format', '{{.Repository}}:{{.Tag}}']);
  const images = list.split('\n').filter((name) => name !== '' && !name.includes('<none>'));
  // The base goes last: the others are made of it.
  const last = (name: string) => Number(name === BASE);
  for (const image of images.sort((a, b) => last(a) - last(b))) {
    await runOk('docker', ['image', 'rm', image]);
    say(`${image}: stand-in removed`);
  }
}

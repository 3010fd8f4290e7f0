/** An image that stands in for an official one where no registry can be reached. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { STAND_IN } from '../../../tools/test/docker.ts';
import { run, runOk } from '../../../tools/toolchain/command.ts';
import type { Programs } from '../../../tools/toolchain/products.ts';
import type { Say } from '../../../tools/toolchain/progress.ts';
import { type Contents, hashOf, layOut } from './context.ts';
import type { Kept } from './kept.ts';

/** The hash of what it was made of. */
const INPUTS = `${STAND_IN}.inputs`;

export interface StandIn extends Contents {
  /** What it holds, in a few words. */
  what: string;
}

/** What a stand-in can be made of. */
export interface Ingredients {
  programs: Programs;
  /** Name of the base image, for FROM. */
  base: string;
  kept: Kept;
  say: Say;
}

export interface Recipe {
  /** The exact name that it takes. */
  image: string;
  make(ingredients: Ingredients): Promise<StandIn>;
}

export type State = { kind: 'absent' } | { kind: 'real' } | { kind: 'stand-in'; id: string; inputs: string };

/** What bears this name in the engine. */
export async function stateOf(image: string): Promise<State> {
  const format = '{"id":{{json .Id}},"labels":{{json .Config.Labels}}}';
  const { code, output } = await run('docker', ['image', 'inspect', '--format', format, image]);
  if (code !== 0) {
    if (/no such image/i.test(output)) return { kind: 'absent' };
    throw new Error(`docker image inspect ${image}: ${output.trim()}`);
  }
  const { id, labels } = JSON.parse(/^{.*}$/m.exec(output)?.[0] ?? '{}') as {
    id: string;
    labels: Record<string, string> | null;
  };
  if (labels?.[STAND_IN] !== 'true') return { kind: 'real' };
  return { kind: 'stand-in', id, inputs: labels[INPUTS] ?? '' };
}

/**
 * Builds the image where there is none of this name or an older stand-in; never in place of a real one.
 * @param scratch a private folder
 */
export async function ensureStandIn(
  { image, make }: Recipe,
  ingredients: Ingredients,
  scratch: string,
): Promise<void> {
  const { say } = ingredients;
  const state = await stateOf(image);
  if (state.kind === 'real') return say(`${image}: a real image is there, left as it is`);
  const standIn = await make(ingredients);
  const inputs = hashOf(standIn);
  if (state.kind === 'stand-in' && state.inputs === inputs) return say(`${image}: stand-in is there`);
  const dir = mkdtempSync(join(scratch, 'context-'));
  await layOut(dir, standIn);
  const labels = [`${STAND_IN}=true`, `${INPUTS}=${inputs}`].flatMap((label) => ['--label', label]);
  await runOk('docker', ['build', '--quiet', ...labels, '--tag', image, dir]);
  say(`${image}: stand-in made, ${standIn.what}`);
  // It stays where a container or another image still needs it.
  if (state.kind === 'stand-in') await run('docker', ['image', 'rm', state.id]);
}

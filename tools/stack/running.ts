/** Which stacks run on this machine: each says where it is, so that `npm run deploy` from another terminal finds it. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheDir, readJson, writeWhole } from '../toolchain/files.ts';

/** Beside the programs; one file a stack, since a test's may run beside a person's demo. */
const homeOf = (cache: string) => join(cache, 'running');
const fileOf = (dir: string, cache: string) => join(homeOf(cache), `${basename(dir)}.json`);

/** Called once all of it works. */
export async function noteRunning(dir: string, cache = cacheDir()): Promise<void> {
  await mkdir(homeOf(cache), { recursive: true });
  writeWhole(fileOf(dir, cache), JSON.stringify({ dir }));
}

/** Called by whoever sweeps, so that it happens however the stack ends. */
export async function forgetRunning(dir: string, cache = cacheDir()): Promise<void> {
  await rm(fileOf(dir, cache), { force: true });
}

/** Folders of all stacks that said so. They may be dead: after a power cut nobody sweeps. */
export async function notedRunning(cache = cacheDir()): Promise<string[]> {
  const files = await readdir(homeOf(cache)).catch(() => []); // none was ever started
  return files.flatMap((file) => {
    const noted = readJson(join(homeOf(cache), file)) as { dir?: unknown } | undefined;
    return typeof noted?.dir === 'string' ? [noted.dir] : [];
  });
}

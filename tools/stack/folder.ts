/** The private folder of a stack, and the process that clears it however its starter ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOpenToAll } from './postgres.ts';

/** What a module that clears folders exports. */
export interface Sweeping {
  sweep(dir: string): Promise<void>;
}

/** A new folder that others may pass through but not list: as root, PostgreSQL runs as another user inside it. */
export async function workingDir(): Promise<string> {
  const asRoot = process.getuid?.() === 0;
  const base = asRoot && !(await isOpenToAll(tmpdir())) ? '/tmp' : tmpdir();
  const dir = await mkdtemp(join(base, 'aegisops-'));
  await chmod(dir, 0o711);
  return dir;
}

/**
 * @param by URL of the module whose `sweep` clears the folder
 * @returns how to stop: the sweeper hears the end of its input, sweeps and ends. The same happens if we just die.
 */
export async function startSweeper(
  dir: string,
  by = import.meta.resolve('./sweep.ts'),
): Promise<() => Promise<void>> {
  const sweeper = spawn(process.execPath, [join(import.meta.dirname, 'sweeper.ts'), dir, by], {
    detached: true, // so that Ctrl-C does not reach it
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const gone = once(sweeper, 'exit') as Promise<[number | null]>;
  await Promise.race([
    once(sweeper.stdout, 'data'),
    gone.then(([status]) => {
      throw new Error(`the sweeper ended at once with status ${status}`);
    }),
  ]);
  // Alone it keeps nobody alive: a starter that forgets to stop still ends, and is swept up after.
  const all = [sweeper, sweeper.stdin, sweeper.stdout] as { unref?(): void }[];
  for (const one of all) one.unref?.();
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= (async () => {
      sweeper.ref();
      sweeper.stdin.end();
      const [status] = await gone;
      // It was killed, or failed: then it is done here, with its error.
      if (status !== 0) await ((await import(by)) as Sweeping).sweep(dir);
    })();
    return stopping;
  };
}

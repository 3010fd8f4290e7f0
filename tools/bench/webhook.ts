/** The plain peer: `webhook` (github.com/adnanh/webhook), which runs a command when it is called. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, makeParts } from '../stack/part.ts';
import { makePorts } from '../stack/ports.ts';
import { makeApt } from '../toolchain/apt.ts';
import { makeScratch } from '../toolchain/cache.ts';
import { run } from '../toolchain/command.ts';
import { cacheDir, onPath } from '../toolchain/files.ts';
import type { Say } from '../toolchain/progress.ts';

const PORT = 9_000;

/**
 * On PATH, else in the cache, else Debian's package, unpacked into the cache and not installed.
 * @throws Error that says what to install
 */
export async function webhookProgram(say: Say): Promise<string> {
  const cached = join(cacheDir(), 'webhook');
  for (const path of [...onPath('webhook'), cached])
    if (existsSync(path) && (await isWebhook(path))) return path;
  const scratch = makeScratch(cacheDir());
  try {
    await makeApt({ dir: join(scratch.dir, 'apt') }).unpack(['webhook'], scratch.dir, say);
    const partial = join(scratch.dir, 'webhook');
    copyFileSync(join(scratch.dir, 'usr/bin/webhook'), partial);
    if (!(await isWebhook(partial))) throw new Error("Debian's does not run here");
    renameSync(partial, cached);
    return cached;
  } catch (error) {
    throw new Error(
      `webhook 2 cannot be had (${(error as Error).message}); install it (Debian's package webhook) and run again`,
    );
  } finally {
    scratch.remove();
  }
}

/** Others may be called the same. */
async function isWebhook(path: string): Promise<boolean> {
  const { output } = await run(path, ['-version'], { timeoutMs: 5_000 });
  return /^webhook version 2\./m.test(output);
}

export interface WebhookOptions {
  program: string;
  /** The command that it runs. */
  command: string[];
  /** Its working folder; whoever sweeps that ends it. */
  dir: string;
  /** Address of this machine at which containers reach it, and nobody else does. */
  host: string;
}

/** @returns where Alertmanager calls it: nobody guesses the name of its hook */
export async function startWebhook({ program, command, dir, host }: WebhookOptions): Promise<string> {
  const id = randomUUID();
  const hooks = join(dir, 'hooks.json');
  await writeFile(hooks, JSON.stringify(hooksOf(id, command)), { mode: 0o600 });
  const ports = makePorts(host);
  const url = `http://${host}:${await ports.reserve('webhook', PORT)}`;
  const parts = makeParts({ unitDir: join(dir, 'parts'), logDir: dir, release: ports.release });
  await parts.start({
    name: 'webhook',
    address: url,
    ports: ['webhook'],
    command: [program, '-hooks', hooks, '-ip', host, '-port', String(ports.of('webhook')), '-verbose'],
    cwd: dir,
    env: process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {},
    ready: () => answers(url),
  });
  return `${url}/hooks/${id}`;
}

/** One hook, which answers at once and runs the command meanwhile: webhook's own way. */
export function hooksOf(id: string, [command, ...args]: string[]): object[] {
  const passed = args.map((name) => ({ source: 'string', name }));
  return [{ id, 'execute-command': command, 'pass-arguments-to-command': passed }];
}

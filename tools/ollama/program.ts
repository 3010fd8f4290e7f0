/** A real Ollama: the one in PATH, the one in the cache, else built with Go into the cache. */
import { existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeApt } from '../toolchain/apt.ts';
import { makeScratch } from '../toolchain/cache.ts';
import { runOk } from '../toolchain/command.ts';
import { onPath } from '../toolchain/files.ts';
import { type Say, startProgress } from '../toolchain/progress.ts';

/** Built and tried with our client. */
const VERSION = 'v0.17.4';
const MODULE = `github.com/ollama/ollama@${VERSION}`;
/** What its Go module leaves to the system. */
const HEADERS = ['nlohmann-json3-dev', 'libstb-dev', 'libminiaudio-dev'];
/** Its Go module is built for the oldest processor of its kind, which reads a prompt many times slower than this one can. */
const FOR_THIS_PROCESSOR = '-O3 -march=native';
const BUILD_MS = 1_800_000;

/** @throws Error that says why there is none */
export async function ollamaProgram(cache: string, say: Say): Promise<string> {
  const [found] = onPath('ollama');
  if (found) return found;
  const home = join(cache, `ollama-${VERSION}-native`);
  const program = join(home, 'ollama');
  if (existsSync(program)) return program;
  if (onPath('go').length === 0)
    throw new Error(
      'there is no ollama in PATH, and no Go to build one with: install either (https://ollama.com/download)',
    );
  const { dir, remove } = makeScratch(cache);
  const progress = startProgress(
    say,
    `building ${MODULE} with Go, through the module proxy of this machine (about 6 minutes on 2 cores)`,
  );
  try {
    const root = join(dir, 'root');
    await makeApt({ dir: join(dir, 'apt') }).unpack(HEADERS, root, say);
    const headers = join(root, 'usr/include');
    // Asked for as miniaudio/miniaudio.h, and Debian has it without the folder.
    symlinkSync('.', join(headers, 'miniaudio'));
    const flags = `${FOR_THIS_PROCESSOR} -I${headers}`;
    const env = {
      ...process.env,
      GOBIN: join(dir, 'bin'),
      CGO_CXXFLAGS: flags,
      CGO_CFLAGS: flags,
    };
    await runOk('go', ['install', MODULE], { env, timeoutMs: BUILD_MS });
    mkdirSync(home, { recursive: true });
    renameSync(join(dir, 'bin/ollama'), program);
    return program;
  } finally {
    progress.stop();
    remove();
  }
}

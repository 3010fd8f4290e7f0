/** The inventory file as the runtime changes it: under a lock, whole or not at all, and with all that it does not know kept. */
import { realpath, stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AegisError, wordsOf } from '../../errors.ts';
import { withLock } from './process-lock.ts';
import { readIfThere, writeWhole } from './whole-file.ts';

const Groups = z.array(
  z.looseObject({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) }),
);
/** One instance: what Prometheus scrapes, and its labels. */
export type Group = z.infer<typeof Groups>[number];

/** Throws AEGIS_RUNTIME where the file is missing or not valid. */
export async function readGroups(path: string): Promise<Group[]> {
  try {
    const text = await readIfThere(path);
    if (text === null) throw new Error('it does not exist');
    return Groups.parse(JSON.parse(text));
  } catch (error) {
    const words = error instanceof z.ZodError ? z.prettifyError(error) : wordsOf(error);
    throw new AegisError('AEGIS_RUNTIME', `inventory ${path}: ${words}`, { cause: error });
  }
}

/**
 * Holds the inventory's lock while `change` gives the groups that are to be there; the same ones: nothing is written.
 * Throws AEGIS_RUNTIME, also where a living process holds the lock for longer than `waitMs`.
 */
export async function editGroups(
  path: string,
  waitMs: number,
  change: (groups: Group[]) => Promise<Group[]>,
): Promise<void> {
  await withLock(`${path}.lock`, waitMs, async () => {
    const groups = await readGroups(path);
    const changed = await change(structuredClone(groups));
    if (isDeepStrictEqual(groups, changed)) return;
    const file = await realpath(path); // a link stays a link
    await writeWhole(file, `${JSON.stringify(changed, null, 2)}\n`, (await stat(file)).mode & 0o777);
  });
}

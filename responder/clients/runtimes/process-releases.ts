/**
 * `<instance>.releases.json`: what ran as this instance, oldest first, each with the unit that starts it. The record is
 * written before the unit file, so that what is replaced is never lost; a call that crashed in between is finished by
 * the next one under the same start id.
 */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { AegisError, wordsOf } from '../../errors.ts';
import { type Instances, refusal } from './process-instances.ts';
import { expand, readUnit, readUnitIfThere, Unit, writeUnit } from './process-unit.ts';
import { readIfThere, writeWhole } from './whole-file.ts';

const KEPT = 20;
/** Each unit's environment may hold passwords. */
const MODE = 0o600;
/** Who wrote a unit that nobody put there through us. */
const BY_HAND = 'unit file';

const Entry = z.object({
  version: z.string(),
  at: z.string(),
  by: z.string(),
  /** The start under which it was put there, once. */
  startId: z.string().optional(),
  unit: Unit,
});
export type Entry = z.infer<typeof Entry>;
type Files = Pick<Instances, 'fileOf'>;

/** The record, with the present unit at its end where that is not the release recorded last. */
export async function readReleases(files: Files, instance: string): Promise<Entry[]> {
  return withPresent(files, instance, await readRecord(files, instance));
}

/**
 * The release to put in place: the one put there under `startId` before a crash, else the newest of this version.
 * Throws AEGIS_RUNTIME where there is none, or where it cannot be started.
 */
export async function releaseFor(
  files: Files,
  instance: string,
  version: string,
  startId: string,
): Promise<Entry> {
  const entries = await readReleases(files, instance);
  const found =
    entries.findLast((entry) => entry.startId === startId) ??
    entries.findLast((entry) => entry.version === version);
  if (found?.version !== version) {
    const known = [...new Set(entries.map((entry) => entry.version))].join(', ') || 'none';
    throw refusal(`the record of ${instance} has no release ${version}; it has ${known}`);
  }
  expand(found.unit, instance);
  return found;
}

export interface UnitChange {
  version: string;
  /** Variables that differ from the present unit's. */
  env?: Record<string, string>;
  command?: string[];
}

/** The release that a change makes out of the present unit. Throws AEGIS_RUNTIME where it cannot be started. */
export async function changedRelease(
  files: Files,
  instance: string,
  { version, env, command }: UnitChange,
): Promise<Pick<Entry, 'version' | 'unit'>> {
  const present = await readUnit(files.fileOf(instance, 'unit.json'));
  const changed = {
    ...present,
    version,
    env: { ...present.env, ...env },
    command: command ?? present.command,
  };
  const { data: unit, error } = Unit.safeParse(changed);
  if (!unit) throw refusal(`${instance} cannot become ${version}: ${z.prettifyError(error)}`);
  expand(unit, instance);
  return { version, unit };
}

/** Puts a release in place: its entry at the end of the record, once for each start id, then its unit. */
export async function putRelease(
  files: Files,
  instance: string,
  { version, unit }: Pick<Entry, 'version' | 'unit'>,
  { startId, by, now }: { startId: string; by: string; now: Date },
): Promise<void> {
  const record = await readRecord(files, instance);
  const mine = record.find((entry) => entry.startId === startId);
  const before = mine ? record.filter((entry) => entry !== mine) : await withPresent(files, instance, record);
  const entry = mine ?? { version, at: now.toISOString(), by, startId, unit };
  await writeRecord(files, instance, [...before, entry]);
  await writeUnit(files.fileOf(instance, 'unit.json'), entry.unit);
}

/**
 * Gives a copied instance the history of the one that it was copied from: it must be able to go back to the same
 * releases. `adapt` makes a unit fit the copy; null leaves out what cannot be.
 */
export async function copyReleases(
  files: Files,
  from: string,
  to: string,
  adapt: (unit: Unit) => Unit | null,
): Promise<void> {
  const entries = await readReleases(files, from);
  const copied = entries.flatMap(({ version, at, by, unit }) => {
    const adapted = adapt(unit);
    return adapted ? [{ version, at, by, unit: adapted }] : [];
  });
  await writeRecord(files, to, copied);
}

async function withPresent(files: Files, instance: string, record: Entry[]): Promise<Entry[]> {
  const path = files.fileOf(instance, 'unit.json');
  const unit = await readUnitIfThere(path);
  if (!unit?.version || unit.version === record.at(-1)?.version) return record;
  const at = (await stat(path)).mtime.toISOString();
  return [...record, { version: unit.version, at, by: BY_HAND, unit }];
}

async function readRecord(files: Files, instance: string): Promise<Entry[]> {
  const path = files.fileOf(instance, 'releases.json');
  try {
    return z.array(Entry).parse(JSON.parse((await readIfThere(path)) ?? '[]'));
  } catch (error) {
    const words = error instanceof z.ZodError ? z.prettifyError(error) : wordsOf(error);
    throw new AegisError('AEGIS_RUNTIME', `record of releases ${path}: ${words}`, { cause: error });
  }
}

async function writeRecord(files: Files, instance: string, entries: Entry[]): Promise<void> {
  const text = JSON.stringify(entries.slice(-KEPT), null, 2);
  await writeWhole(files.fileOf(instance, 'releases.json'), `${text}\n`, MODE);
}

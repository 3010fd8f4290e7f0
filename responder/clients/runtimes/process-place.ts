/** Where instances live, for scaling: their files, and the inventory that lists them. */
import { access, readdir } from 'node:fs/promises';
import { type Instances, LOCK_WAIT_MS } from './process-instances.ts';
import { editGroups, type Group, readGroups } from './process-inventory.ts';
import { readUnitIfThere, type Unit } from './process-unit.ts';

/**
 * A scaled-up instance is marked with the start id that made it, by this label and by `addedBy` in its unit file; only
 * under that id is it taken away again.
 */
export const ADDED_BY = 'aegis.added-by';

export interface Place {
  instances: Instances;
  groups(): Promise<Group[]>;
  /** Changes the inventory under its lock. Names and ports are given out under it too. */
  edit(change: (groups: Group[]) => Promise<Group[]>): Promise<void>;
  /** Null where there is none. */
  unitOf(instance: string): Promise<Unit | null>;
  /** Names of all that have a unit file. */
  names(): Promise<string[]>;
  /** Whether a start under this id has begun. */
  isClaimed(instance: string, startId: string): Promise<boolean>;
}

export function makePlace(dir: string, inventoryFile: string, instances: Instances): Place {
  return {
    instances,
    groups: () => readGroups(inventoryFile),
    edit: (change) => editGroups(inventoryFile, LOCK_WAIT_MS, change),
    unitOf: (instance) => readUnitIfThere(instances.fileOf(instance, 'unit.json')),
    names: async () => (await readdir(dir)).flatMap((file) => /^(.+)[.]unit[.]json$/.exec(file)?.[1] ?? []),
    isClaimed: (instance, startId) =>
      access(instances.claimOf(instance, startId)).then(
        () => true,
        () => false,
      ),
  };
}

export function groupOf(groups: Group[], instance: string): Group | undefined {
  return groups.find((group) => group.labels.instance === instance);
}

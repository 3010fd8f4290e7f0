/** What an instance is made of that is like another but for its name and ports. */
import { refusal } from './process-instances.ts';
import type { Group } from './process-inventory.ts';
import { ADDED_BY, groupOf, type Place } from './process-place.ts';
import { isFree, portsAbove } from './process-ports.ts';
import { copyReleases } from './process-releases.ts';
import { readUnit, type Unit, writeUnit } from './process-unit.ts';

type Ports = Record<string, number>;

/** `<service>-<n>` with the smallest free n. Throws AEGIS_RUNTIME where `like` cannot be copied. */
export async function nextInstance(place: Place, like: string): Promise<string> {
  const groups = await place.groups();
  await original(place, like, groups);
  const service = like.replace(/-\d+$/, '');
  let n = 1;
  while (!(await isNameFree(place, `${service}-${n}`, groups))) n++;
  return `${service}-${n}`;
}

/**
 * Writes the unit file of `instance`, and gives it the history of `like`, so that it can go back to the same releases.
 * Only under the inventory's lock: else two could choose the same ports. Throws AEGIS_RUNTIME where the name is taken.
 */
export async function writeCopy(
  place: Place,
  like: string,
  instance: string,
  startId: string,
  groups: Group[],
): Promise<void> {
  const { unit, ports } = await original(place, like, groups);
  const before = await place.unitOf(instance);
  const mine = before?.addedBy === startId ? before.ports : undefined; // a crash came before the start
  if (!mine && !(await isNameFree(place, instance, groups))) throw refusal(`${instance} is there already`);
  const stillFree = mine && (await Promise.all(Object.values(mine).map(isFree))).every(Boolean);
  const own = stillFree ? mine : await portsAbove(ports, await portsOfOthers(place, instance));
  const copy = { ...unit, ports: own, addedBy: startId };
  await writeUnit(place.instances.fileOf(instance, 'unit.json'), copy); // first: it says whose the rest is
  await copyReleases(place.instances, like, instance, (release) => withPorts(release, own, startId));
}

/** Group of the inventory for `instance`: that of `like` with another name and other ports. */
export async function copiedGroup(
  place: Place,
  like: string,
  instance: string,
  startId: string,
  groups: Group[],
): Promise<Group> {
  const { group, ports } = await original(place, like, groups);
  const own = (await readUnit(place.instances.fileOf(instance, 'unit.json'))).ports ?? {};
  const newPort = new Map(Object.entries(ports).map(([name, port]) => [port, own[name] ?? port]));
  const moved = (text: string) =>
    text.replaceAll(/:(\d+)(?!\d)/g, (old, port) => {
      const now = newPort.get(Number(port));
      return now === undefined ? old : `:${now}`;
    });
  const labels: Record<string, string> = { ...group.labels, instance, [ADDED_BY]: startId };
  for (const name of ['aegis.url', 'aegis.health'])
    if (labels[name] !== undefined) labels[name] = moved(labels[name]);
  return { ...group, targets: group.targets.map(moved), labels };
}

/** What there is to copy. Throws AEGIS_RUNTIME where a copy could not be told from it. */
async function original(
  place: Place,
  like: string,
  groups: Group[],
): Promise<{ group: Group; unit: Unit; ports: Ports }> {
  const unit = await readUnit(place.instances.fileOf(like, 'unit.json'));
  const cannot = (why: string) => refusal(`${like} cannot be copied: ${why}`);
  const ports = unit.ports ?? {};
  if (Object.keys(ports).length === 0) throw cannot('its unit file names no ports');
  const group = groupOf(groups, like);
  if (!group) throw cannot('it is not in the inventory');
  if (!group.targets.some((target) => Object.values(ports).includes(portOf(target))))
    throw cannot(`its targets in the inventory (${group.targets.join(', ')}) have none of its ports`);
  return { group, unit, ports };
}

/** Whether a new instance may have this name: unused, or left over from an earlier one that was added. */
async function isNameFree(place: Place, name: string, groups: Group[]): Promise<boolean> {
  if (groupOf(groups, name)) return false;
  const unit = await place.unitOf(name);
  if (unit && unit.addedBy === undefined) return false;
  return (await place.instances.inspect(name)).state !== 'running';
}

/** The ports of every other instance, of those that are down too. */
async function portsOfOthers(place: Place, instance: string): Promise<Set<number>> {
  const others = (await place.names()).filter((name) => name !== instance);
  const units = await Promise.all(others.map((name) => place.unitOf(name).catch(() => null))); // one broken file stops nobody
  return new Set(units.flatMap((unit) => Object.values(unit?.ports ?? {})));
}

/** Null for a release from before it had placeholders for its ports: it would take those of the original. */
function withPorts(unit: Unit, own: Ports, startId: string): Unit | null {
  const names = Object.keys(unit.ports ?? {});
  if (names.length === 0 || !names.every((name) => name in own)) return null;
  return { ...unit, ports: own, addedBy: startId };
}

/** Port of a `host:port`; NaN where there is none. */
function portOf(target: string): number {
  return Number(/:(\d+)$/.exec(target)?.[1]);
}

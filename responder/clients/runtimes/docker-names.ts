/**
 * Names of containers. An instance is called as its container is (`shop-1`). While it is replaced there are two more names,
 * which carry the id of the start that replaces it, so that whoever comes after a crash can tell whose they are:
 * `shop-1.aegis-next-<id>` waits to take the place, `shop-1.aegis-kept-<id>` left it and can come back. Compose has its own
 * name for one that waits: `<twelve digits of the other's id>_shop-1`.
 */

export type Role = 'serving' | 'next' | 'kept';
export interface Name {
  instance: string;
  role: Role;
  /** Of our start that replaces it; null for one that serves, and where Compose replaces it. */
  startId: string | null;
}

const COMPOSE_NEXT = /^[0-9a-f]{12}_(.+)$/;
const BESIDE = /^(.+)\.aegis-(next|kept)-([A-Za-z0-9_-]+)$/;

/** @param name as the engine has it, with or without the slash. */
export function parseName(name: string): Name {
  const plain = name.replace(/^\//, '');
  const [, replaced] = COMPOSE_NEXT.exec(plain) ?? [];
  if (replaced) return { instance: replaced, role: 'next', startId: null };
  const [, instance, role, startId] = BESIDE.exec(plain) ?? [];
  if (!instance || !role || !startId) return { instance: plain, role: 'serving', startId: null };
  return { instance, role: role as Role, startId };
}

export const nextName = (instance: string, startId: string) => `${instance}.aegis-next-${startId}`;
export const keptName = (instance: string, startId: string) => `${instance}.aegis-kept-${startId}`;

/** For the engine's filter by name, which takes a regular expression: an instance and all beside it. */
export function namesOf(instance: string): string {
  const escaped = instance.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `^/?([0-9a-f]{12}_)?${escaped}(\\.aegis-(next|kept)-[A-Za-z0-9_-]+)?$`;
}

/** `shop-1` and `shop` both belong to `shop`: the name without a number at its end. */
export const familyOf = (instance: string) => instance.replace(/-\d+$/, '');

/** The next free name of a family. */
export function freeName(instance: string, taken: Set<string>): string {
  let n = 1;
  while (taken.has(`${familyOf(instance)}-${n}`)) n++;
  return `${familyOf(instance)}-${n}`;
}

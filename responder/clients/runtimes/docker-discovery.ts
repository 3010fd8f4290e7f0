/** The containers that were opted in, as the groups of the inventory file: what Prometheus, the load and we go by. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Container, Engine } from './docker-engine.ts';
import { ENABLE, isErrand, type Protection, serviceOf, whyProtected } from './docker-labels.ts';
import { parseName } from './docker-names.ts';
import { problemOf } from './inventory.ts';
import { readIfThere, writeWhole } from './whole-file.ts';

const METRICS_PORT = 'aegis.metrics-port';
const URLS = ['aegis.url', 'aegis.health'];
const MODE = 0o644;

/** From inside a container another one is reached by its name, from the machine itself by its address. */
export type Reach = 'name' | 'address';

export interface Group {
  targets: string[];
  labels: Record<string, string>;
}

/** All opted-in containers that are, or can be, instances; those beside an instance (kept, next) are there too. */
export async function findContainers(engine: Engine, filter: string | null): Promise<Container[]> {
  const label = [ENABLE, ...(filter === null ? [] : [filter])];
  const listed = (await engine.list({ label })).filter((one) => !isErrand(one));
  const found = await Promise.all(listed.map(({ Id }) => engine.inspect(Id)));
  return found.filter((container) => container !== null);
}

/**
 * One group an instance. While one is being replaced it may have no container of its name: whatever is beside it stands for it.
 * A container with wrong labels, or one that must never be touched, is left out and told of.
 */
export function groupsOf(
  containers: Container[],
  protection: Protection,
  onProblem: (words: string) => void,
): Group[] {
  const reach: Reach = protection.ownId === null ? 'address' : 'name';
  const groups = new Map<string, Group>();
  const order = { serving: 0, next: 1, kept: 2 };
  const byRole = (container: Container) => order[parseName(container.Name).role];
  for (const container of containers.toSorted((a, b) => byRole(a) - byRole(b))) {
    const { instance } = parseName(container.Name);
    if (groups.has(instance)) continue;
    const reason = whyProtected(container, protection);
    const group = groupOf(container, instance, reach);
    const problem = reason ? `it is never acted on: ${reason}` : problemOf(group.labels);
    if (problem) onProblem(`container ${instance} is left out of the inventory: ${problem}`);
    else groups.set(instance, group);
  }
  return [...groups.values()].toSorted((a, b) => compare(a.labels.instance, b.labels.instance));
}

function groupOf(container: Container, instance: string, reach: Reach): Group {
  const host = reach === 'name' ? instance : (addressOf(container) ?? instance);
  const labels = container.Config.Labels ?? {};
  const own = Object.entries(labels).filter(([name]) => name.startsWith('aegis.') && name !== METRICS_PORT);
  const service = serviceOf(instance, labels);
  const port = labels[METRICS_PORT];
  const told = Object.fromEntries(
    own.map(([name, value]) => [name, URLS.includes(name) ? atInstance(value, container, host) : value]),
  );
  return {
    targets: port ? [`${host}:${port}`] : [],
    labels: { ...told, service, instance, 'aegis.service': service },
  };
}

/** `http://shop:8000` would reach any of several replicas: where the host is a name of this container, its own takes its place. */
function atInstance(address: string, { Config, NetworkSettings, Name }: Container, host: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  const names = new Set([
    Name.replace(/^\//, ''),
    Config.Labels?.['com.docker.compose.service'],
    ...Object.values(NetworkSettings.Networks).flatMap(({ Aliases }) => Aliases ?? []),
  ]);
  return names.has(url.hostname) ? address.replace(`//${url.hostname}`, `//${host}`) : address;
}

function addressOf({ NetworkSettings }: Container): string | undefined {
  return Object.values(NetworkSettings.Networks)
    .map(({ IPAddress }) => IPAddress)
    .find(Boolean);
}

/** Writes the file where it changes, whole or not at all; whoever reads it may be another user. */
export async function publish(path: string, groups: Group[]): Promise<void> {
  const text = `${JSON.stringify(groups, null, 2)}\n`;
  if ((await readIfThere(path)) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, text, MODE);
}

function compare(a = '', b = ''): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

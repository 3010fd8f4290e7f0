/** What the actions share: the engine, a look at one instance, and how long they may take. */
import { AegisError } from '../../errors.ts';
import type { Container, Engine } from './docker-engine.ts';
import { type Protection, serviceOf, whyNotAllowed } from './docker-labels.ts';
import { namesOf } from './docker-names.ts';
import { type Entry, readReleases, versionIn } from './docker-releases.ts';
import { type Group, groupOf } from './docker-state.ts';

export interface DockerPlace {
  engine: Engine;
  protection: Protection;
  /** Between SIGTERM and SIGKILL, in whole seconds. */
  graceSeconds: number;
  /** Longest time of one call on one instance, in ms. */
  callTimeoutMs: number;
}

/** All containers of an instance, as they are now. */
export async function lookAt({ engine }: Pick<DockerPlace, 'engine'>, instance: string): Promise<Group> {
  const found = await engine.list({ name: [namesOf(instance)] });
  const inspected = await Promise.all(found.map(({ Id }) => engine.inspect(Id)));
  return groupOf(
    instance,
    inspected.filter((container) => container !== null),
  );
}

/** Throws AEGIS_RUNTIME where its owner, or our own safety, does not allow it. */
export function assertAllowed({ protection }: DockerPlace, container: Container, action: string): void {
  const reason = whyNotAllowed(container, action, protection);
  if (reason) throw new AegisError('AEGIS_RUNTIME', `refused by the runtime: ${reason}`);
}

/** The record of the service that a container belongs to, ending with what this very container runs. */
export async function recordOf(
  { engine }: Pick<DockerPlace, 'engine'>,
  container: Container,
): Promise<Entry[]> {
  const entries = await readReleases(engine, recordNameOf(container));
  const version = versionIn(entries, container.Image);
  if (version === null || entries.at(-1)?.imageId === container.Image) return entries;
  const known = entries.findLast(({ imageId }) => imageId === container.Image);
  // It came back without being made anew.
  return known ? [...entries, { ...known, at: container.State.StartedAt }] : entries;
}

/** The service, within its Compose project where it has one: two projects may each have a `web`. */
export function recordNameOf({ Name, Config }: Container): string {
  const labels = Config.Labels ?? {};
  const project = labels['com.docker.compose.project'];
  const service = serviceOf(Name.replace(/^\//, ''), labels);
  return project ? `${project}/${service}` : service;
}

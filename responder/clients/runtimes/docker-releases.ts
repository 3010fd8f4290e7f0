/**
 * The record of what ran, kept in the engine itself: each image that was seen to run as a service gets a tag
 * `aegis-releases/<project>/<service>:<time>_<version>_<who>`. So it outlives us, every replica reads the same, a person can read it
 * (among `docker images`), and a prune of untagged images does not take what a ROLLBACK needs.
 */

import type { Container, Engine, Image } from './docker-engine.ts';
import type { Release } from './runtime.ts';

const REPOSITORY = 'aegis-releases/';
const VERSION_LABEL = 'org.opencontainers.image.version';
/** So many different images are kept of a service. */
const KEPT = 5;
const SHORT_ID = 12;
/** Digits of the image's id that tell two images of one version apart. */
const TELLING = 8;

export interface Entry extends Release {
  imageId: string;
  /** The tag, whole: what a container can be made from. */
  reference: string;
}

/** Oldest first. */
export async function readReleases(engine: Engine, service: string): Promise<Entry[]> {
  const repository = repositoryOf(service);
  const tags = await engine.tags(repository);
  return tags
    .flatMap(({ tag, imageId }) => {
      const entry = parseTag(tag);
      return entry ? [{ ...entry, imageId, reference: `${repository}:${tag}` }] : [];
    })
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/**
 * Puts what a container runs on record, where the newest entry is another image. `by`: who made the container.
 * @returns the record as it is then
 */
export async function putOnRecord(
  engine: Engine,
  service: string,
  container: Container,
  by: string,
): Promise<Entry[]> {
  const entries = await readReleases(engine, service);
  const at = new Date(container.Created).toISOString();
  const newest = entries.findLast((entry) => Date.parse(entry.at) <= Date.parse(at));
  if (newest?.imageId === container.Image) return entries;
  const image = await engine.image(container.Image);
  if (!image) return entries; // it runs, but its image was deleted by force: nothing to go back to
  const version = versionFor(entries, container, image);
  await engine.tag(container.Image, repositoryOf(service), tagOf({ version, at, by }));
  const now = await readReleases(engine, service);
  await forgetOldest(engine, now);
  return now;
}

/** The version that a container runs, by the record; null where it is not on record. */
export function versionIn(entries: Entry[], imageId: string): string | null {
  return entries.findLast((entry) => entry.imageId === imageId)?.version ?? null;
}

/** What an image says of itself, else its tag, else its id; with a piece of its id where another image has that name. */
export function versionFor(entries: Entry[], { Config, Image }: Container, image: Image): string {
  const known = versionIn(entries, Image);
  if (known) return known;
  const id = Image.replace(/^sha256:/, '');
  const tag = /:([^:/@]+)$/.exec(Config.Image.replace(/^sha256:.*/, ''))?.[1];
  const told =
    image.Config.Labels?.[VERSION_LABEL] ?? (tag === 'latest' ? undefined : tag) ?? id.slice(0, SHORT_ID);
  const version = told
    .replace(/[^A-Za-z0-9.+-]/g, '-')
    .replaceAll('+', '-')
    .slice(0, 48);
  return entries.some((entry) => entry.version === version) ? `${version}-${id.slice(0, TELLING)}` : version;
}

function tagOf({ version, at, by }: Release): string {
  return `${at.replaceAll(/[-:.]/g, '')}_${version}_${by.replace(/[^A-Za-z0-9.-]/g, '-').slice(0, 48)}`;
}

function parseTag(tag: string): Release | null {
  const [, date, time, ms, version, by] = /^(\d{8})T(\d{6})(\d{3})Z_([^_]+)_([^_]+)$/.exec(tag) ?? [];
  if (!date || !time || !version || !by) return null;
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  const clock = `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.${ms}`;
  return { version, at: `${day}T${clock}Z`, by };
}

/** The newest entries of so many different images stay. */
async function forgetOldest(engine: Engine, entries: Entry[]): Promise<void> {
  const kept = new Set<string>();
  for (const { imageId, reference } of entries.toReversed()) {
    if (kept.size < KEPT || kept.has(imageId)) kept.add(imageId);
    else await engine.untag(reference);
  }
}

/** The engine takes lower case, digits and single signs between them. */
function repositoryOf(service: string): string {
  const parts = service.split('/').map((part) =>
    part
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, ''),
  );
  return `${REPOSITORY}${parts.filter(Boolean).join('/') || 'service'}`;
}

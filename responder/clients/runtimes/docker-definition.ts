/** What a container is made of, taken from one that is there: what its owner asked for, without what came from its image. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';
import type { Container, Definition, Image } from './docker-engine.ts';
import { parseName } from './docker-names.ts';

/** Labels that we write on what we make. */
export const START_ID = 'aegis.start-id';
export const ADDED_BY = 'aegis.added-by';
const COMPOSE_NUMBER = 'com.docker.compose.container-number';
const COMPOSE_IMAGE = 'com.docker.compose.image';
const SHORT_ID = 12;

/** Networks in which a container is to be, with what it is called there. */
export type Networks = Record<string, Docker.EndpointSettings>;

export interface Made {
  /** With one network: the engine takes no more at the making, the others are connected before the start. */
  definition: Definition;
}

export interface Making {
  name: string;
  /** Image to run, and its id for people who look at Compose's label. */
  image: string;
  imageId: string;
  startId: string;
}

/** The same container with another image: what its owner set stays, what the old image had set does not. */
export function withImage(container: Container, itsImage: Image, making: Making): Made {
  const anonymous = anonymousVolumes(container);
  return made(container, itsImage, making, {
    labels: { [COMPOSE_IMAGE]: making.imageId },
    hostname: isOwnHostname(container) ? undefined : container.Config.Hostname,
    host: {
      ...container.HostConfig,
      // What it wrote there goes with it, as with `docker compose up`.
      Binds: [...(container.HostConfig.Binds ?? []), ...anonymous],
    },
    endpoint: (settings) => ({ IPAMConfig: settings.IPAMConfig }),
  });
}

/** One more of it: without whatever only one can have (host name, addresses, ports of the host). */
export function replicaOf(container: Container, itsImage: Image, making: Making): Made {
  const number = /-(\d+)$/.exec(making.name)?.[1];
  return made(container, itsImage, making, {
    labels: { [ADDED_BY]: making.startId, ...(number && { [COMPOSE_NUMBER]: number }) },
    hostname: undefined,
    host: { ...container.HostConfig, PortBindings: {}, ContainerIDFile: '' },
    endpoint: () => ({}),
  });
}

/** Why two of it cannot run beside each other, or null. */
export function whyNotTwo(container: Container): string | null {
  const { NetworkMode, Mounts, Binds } = container.HostConfig;
  if (NetworkMode === 'host') return 'it uses the network of the host, so both would want the same ports';
  if (NetworkMode?.startsWith('container:')) return 'it lives in the network of another container';
  const named = new Set([
    ...(Binds ?? []).map((bind) => bind.split(':')[1]),
    ...(Mounts ?? []).filter(({ Type }) => Type !== 'tmpfs').map(({ Target }) => Target),
  ]);
  const shared = container.Mounts.find(({ Destination, RW }) => RW && named.has(Destination));
  return shared
    ? `both would write to ${shared.Name ?? shared.Source} (${shared.Destination}); mount it read-only`
    : null;
}

interface Differences {
  labels: Record<string, string | undefined>;
  hostname: string | undefined;
  host: Docker.HostConfig;
  endpoint: (settings: Docker.EndpointSettings) => Partial<Docker.EndpointSettings>;
}

function made(container: Container, itsImage: Image, making: Making, its: Differences): Made {
  const own = ownConfig(container, itsImage);
  const known = Object.entries(its.labels).filter(([name]) => name !== COMPOSE_IMAGE || name in own.Labels);
  const [first] = Object.entries(networksOf(container, its.endpoint));
  const definition: Definition = {
    ...own,
    name: making.name,
    Image: making.image,
    Labels: { ...own.Labels, ...Object.fromEntries(known), [START_ID]: making.startId } as Record<
      string,
      string
    >,
    HostConfig: its.host,
    ...(its.hostname !== undefined && { Hostname: its.hostname }),
    ...(first && { NetworkingConfig: { EndpointsConfig: Object.fromEntries([first]) } }),
  };
  return { definition };
}

/** What differs from the image's own settings. */
function ownConfig(container: Container, itsImage: Image) {
  const mine = container.Config;
  const its = itsImage.Config;
  const unlessSame = <T>(value: T, other: unknown) =>
    isDeepStrictEqual(value ?? null, other ?? null) ? undefined : value;
  const entrypoint = unlessSame(mine.Entrypoint, its.Entrypoint);
  // A command belongs to its entry point: with an own entry point the image's command does not count.
  const command = entrypoint === undefined ? unlessSame(mine.Cmd, its.Cmd) : mine.Cmd;
  const own = {
    Env: mine.Env.filter((entry) => !(its.Env ?? []).includes(entry)),
    Labels: Object.fromEntries(
      Object.entries(mine.Labels ?? {}).filter(([name, value]) => its.Labels?.[name] !== value),
    ),
    Entrypoint: entrypoint,
    Cmd: command,
    WorkingDir: unlessSame(mine.WorkingDir, its.WorkingDir),
    User: unlessSame(mine.User, its.User),
    ExposedPorts: unlessSame(mine.ExposedPorts, its.ExposedPorts),
    Volumes: unlessSame(mine.Volumes, its.Volumes),
    Healthcheck: unlessSame(extra(mine, 'Healthcheck'), extra(its, 'Healthcheck')),
    StopSignal: unlessSame(extra(mine, 'StopSignal'), extra(its, 'StopSignal')),
    StopTimeout: extra(mine, 'StopTimeout'),
    Domainname: mine.Domainname,
    Tty: mine.Tty,
    OpenStdin: mine.OpenStdin,
  };
  return Object.fromEntries(
    Object.entries(own).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<Definition> & { Labels: Record<string, string> };
}

/** Fields that the engine tells and the library's types do not. */
// biome-ignore lint/suspicious/noExplicitAny: copied as it is
function extra(config: object, field: string): any {
  return (config as Record<string, unknown>)[field];
}

/** Networks of a container, with the names that its owner gave it there. */
export function networksOf(container: Container, endpoint: Differences['endpoint'] = () => ({})): Networks {
  const { Id, Name, HostConfig, NetworkSettings } = container;
  if (['host', 'none'].includes(HostConfig.NetworkMode ?? '')) return {};
  const automatic = new Set([Id.slice(0, SHORT_ID), parseName(Name).instance, Name.replace(/^\//, '')]);
  return Object.fromEntries(
    Object.entries(NetworkSettings.Networks).map(([network, settings]) => {
      const aliases = (settings.Aliases ?? []).filter((alias: string) => !automatic.has(alias));
      return [network, { Aliases: aliases, ...endpoint(settings) } as Docker.EndpointSettings];
    }),
  );
}

function isOwnHostname({ Id, Config }: Container): boolean {
  return Config.Hostname === Id.slice(0, SHORT_ID);
}

/** As binds: volumes that the engine made and nobody named. */
function anonymousVolumes({ Mounts, HostConfig }: Container): string[] {
  const named = new Set([
    ...(HostConfig.Binds ?? []).map((bind) => bind.split(':')[1]),
    ...(HostConfig.Mounts ?? []).map(({ Target }) => Target),
  ]);
  return Mounts.filter(
    ({ Type, Name, Destination }) => Type === 'volume' && Name && !named.has(Destination),
  ).map(({ Name, Destination }) => `${Name}:${Destination}`);
}

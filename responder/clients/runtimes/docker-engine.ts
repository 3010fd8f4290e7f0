/** The Docker engine's API, as far as the runtime needs it: typed, bounded in time, with one kind of error. */
import { addAbortSignal, type Readable } from 'node:stream';
import Docker from 'dockerode';
import { AegisError, wordsOf } from '../../errors.ts';

/** For everything that changes nothing, in ms. */
const LOOK_MS = 2_000;

export type Container = Docker.ContainerInspectInfo;
export type Summary = Docker.ContainerInfo;
export type Image = Docker.ImageInspectInfo;
export type Definition = Docker.ContainerCreateOptions & { name: string; Image: string };

/** CPU time in seconds, and when the engine counted it, in ms since 1970. */
export interface CpuReading {
  seconds: number;
  at: number;
}

/** What the engine tells of a container as it happens. */
export interface EngineEvent {
  action: string;
  id: string;
  /** Container's name and labels; `exitCode` of a `die`, `signal` of a `kill`. */
  attributes: Record<string, string>;
  /** Nanoseconds since 1970 as the engine counts them: unique within it. */
  timeNano: number;
}

/** The engine did not answer, so nobody knows whether it did what it was asked. */
export class EngineUnreachable extends AegisError {
  constructor(message: string, cause: unknown) {
    super('AEGIS_RUNTIME', message, { cause });
    this.name = 'EngineUnreachable';
  }
}

/** The engine said no. */
export class EngineRefusal extends AegisError {
  readonly httpStatus: number;
  constructor(message: string, httpStatus: number, cause: unknown) {
    super('AEGIS_RUNTIME', message, { cause });
    this.name = 'EngineRefusal';
    this.httpStatus = httpStatus;
  }
}

/** Each throws EngineUnreachable or EngineRefusal. Times are in seconds where a name says so. */
export interface Engine {
  /** Where it listens, for people. */
  address: string;
  ping(): Promise<void>;
  /** Containers in every state whose name matches, or that have the label. */
  list(filters: { name?: string[]; label?: string[] }): Promise<Summary[]>;
  /** Null where there is none of that id or name. */
  inspect(container: string): Promise<Container | null>;
  image(reference: string): Promise<Image | null>;
  /** Every tag of a repository, with the id of its image. */
  tags(repository: string): Promise<{ tag: string; imageId: string }[]>;
  tag(imageId: string, repository: string, tag: string): Promise<void>;
  /** Takes the tag away, and the image where that was its last and nobody uses it. */
  untag(reference: string): Promise<void>;
  create(definition: Definition, signal: AbortSignal): Promise<string>;
  connect(
    network: string,
    container: string,
    endpoint: Docker.EndpointSettings,
    signal: AbortSignal,
  ): Promise<void>;
  start(container: string, signal: AbortSignal): Promise<void>;
  stop(container: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  restart(container: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  rename(container: string, name: string, signal: AbortSignal): Promise<void>;
  /** With its anonymous volumes where `volumes`. Gone already: nothing happens. */
  remove(container: string, volumes: boolean, signal: AbortSignal): Promise<void>;
  /** CPU time since its start; null where it does not run. Asked twice within a second, the engine takes that second. */
  cpu(container: string): Promise<CpuReading | null>;
  /** Last lines of what it wrote to stdout and stderr, by time. */
  output(container: string, lines: number): Promise<string>;
  /** Container events from `since` (epoch seconds) on, until the signal; ends by throwing. */
  events(since: number, onEvent: (event: EngineEvent) => void, signal: AbortSignal): Promise<never>;
}

/** @param host `unix:///path` or `tcp://host:port`. Throws AEGIS_CONFIG for anything else. */
export function makeEngine(host: string): Engine {
  const docker = new Docker(addressOf(host));
  const call: Call = (what, work, signal = AbortSignal.timeout(LOOK_MS)) =>
    attempt(host, what, () => Promise.race([work(signal), rejectionOf(signal)]));
  return { address: host, ...looksOf(docker, call), ...recordsOf(docker, call), ...changesOf(docker, call) };
}

type Call = <T>(
  what: string,
  work: (abortSignal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;
type Looks = Pick<Engine, 'ping' | 'list' | 'inspect' | 'image' | 'cpu' | 'output' | 'events'>;
type Records = Pick<Engine, 'tags' | 'tag' | 'untag'>;
type Changes = Pick<Engine, 'create' | 'connect' | 'start' | 'stop' | 'restart' | 'rename' | 'remove'>;

const containerOf = (docker: Docker, id: string) => docker.getContainer(encodeURIComponent(id));

function looksOf(docker: Docker, call: Call): Looks {
  const of = (id: string) => containerOf(docker, id);
  return {
    ping: () => call('ping', () => docker.ping()),
    list: (filters) =>
      call('list', (abortSignal) => docker.listContainers({ all: true, filters, abortSignal })),
    inspect: (id) => call('inspect', (abortSignal) => of(id).inspect({ abortSignal })).catch(nullIfMissing),
    image: (reference) =>
      call('inspect image', () => docker.getImage(reference).inspect()).catch(nullIfMissing),
    async cpu(id) {
      const options: { stream: false } = { stream: false, ...{ 'one-shot': true } };
      const { cpu_stats, read } = await call('stats', () => of(id).stats(options));
      if (read.startsWith('0001-')) return null;
      return { seconds: cpu_stats.cpu_usage.total_usage / 1e9, at: Date.parse(read) };
    },
    async output(id, tail) {
      const options = { stdout: true, stderr: true, follow: false, tail } as const;
      return textOf(await call('logs', (abortSignal) => of(id).logs({ ...options, abortSignal })));
    },
    events: (since, onEvent, signal) =>
      call(
        'events',
        async () => {
          const stream = await docker.getEvents({ since, filters: JSON.stringify({ type: ['container'] }) });
          addAbortSignal(signal, stream as Readable);
          await eachLine(stream, (line) => onEvent(eventOf(JSON.parse(line) as RawEvent)));
          throw new Error('the stream of events ended');
        },
        signal,
      ),
  };
}

function recordsOf(docker: Docker, call: Call): Records {
  return {
    async tags(repository) {
      const filters = { reference: [repository] };
      const images = await call('list images', (abortSignal) => docker.listImages({ filters, abortSignal }));
      return images.flatMap(({ Id, RepoTags }) =>
        (RepoTags ?? [])
          .filter((name) => name.startsWith(`${repository}:`))
          .map((name) => ({ tag: name.slice(repository.length + 1), imageId: Id })),
      );
    },
    async tag(imageId, repo, tag) {
      await call('tag', (abortSignal) => docker.getImage(imageId).tag({ repo, tag, abortSignal }));
    },
    async untag(reference) {
      const gone = call('untag', (abortSignal) => docker.getImage(reference).remove({ abortSignal }));
      await gone.catch(nullIfMissing);
    },
  };
}

function changesOf(docker: Docker, call: Call): Changes {
  const of = (id: string) => containerOf(docker, id);
  return {
    create: (definition, signal) =>
      call(
        `create ${definition.name}`,
        async (abortSignal) => (await docker.createContainer({ ...definition, abortSignal })).id,
        signal,
      ),
    async connect(network, Container, EndpointConfig, signal) {
      const to = docker.getNetwork(encodeURIComponent(network));
      await call(
        `connect ${Container} to ${network}`,
        () => to.connect({ Container, EndpointConfig }),
        signal,
      );
    },
    start: (id, signal) =>
      call(`start ${id}`, (abortSignal) => of(id).start({ abortSignal }), signal).catch(nothingIfSo),
    stop: (id, t, signal) =>
      call(`stop ${id}`, (abortSignal) => of(id).stop({ t, abortSignal }), signal).catch(nothingIfSo),
    async restart(id, t, signal) {
      await call(`restart ${id}`, (abortSignal) => of(id).restart({ t, abortSignal }), signal);
    },
    async rename(id, name, signal) {
      await call(`rename ${id}`, (abortSignal) => of(id).rename({ name, abortSignal }), signal);
    },
    async remove(id, v, signal) {
      const options = { v, force: true };
      const gone = call(`remove ${id}`, (abortSignal) => of(id).remove({ ...options, abortSignal }), signal);
      await gone.catch(nullIfMissing);
    },
  };
}

function addressOf(host: string): Docker.DockerOptions {
  const unix = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  // A host from the environment would win over the path.
  if (unix) return { socketPath: unix, host: undefined as unknown as string };
  if (!URL.canParse(host)) throw badHost(host);
  const { protocol, hostname, port } = new URL(host);
  if (protocol !== 'tcp:' || !hostname) throw badHost(host);
  return { host: hostname, port: port || '2375', protocol: 'http' };
}

function badHost(host: string): AegisError {
  return new AegisError('AEGIS_CONFIG', `DOCKER_HOST "${host}" must be unix:///path or tcp://host:port`);
}

async function attempt<T>(host: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    const said = (error as { json?: { message?: string } }).json?.message;
    if (status !== undefined)
      throw new EngineRefusal(
        `the Docker engine refused to ${what} (${status}): ${said ?? wordsOf(error)}`,
        status,
        error,
      );
    throw new EngineUnreachable(
      `the Docker engine at ${host} cannot be reached (${what}): ${wordsOf(error)}${cureOf(error)}`,
      error,
    );
  }
}

/** Bounds the calls that the library cannot abort, too. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function cureOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES') return '; give this process the group of the socket';
  if (code === 'ENOENT') return '; mount the socket, or set DOCKER_HOST';
  return '';
}

function nullIfMissing(error: unknown): null {
  if (error instanceof EngineRefusal && error.httpStatus === 404) return null;
  throw error;
}

/** 304: it was so already. */
function nothingIfSo(error: unknown): void {
  if (error instanceof EngineRefusal && error.httpStatus === 304) return;
  throw error;
}

interface RawEvent {
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
  timeNano?: number;
}

function eventOf({ Action = '', Actor, timeNano = 0 }: RawEvent): EngineEvent {
  return { action: Action, id: Actor?.ID ?? '', attributes: Actor?.Attributes ?? {}, timeNano };
}

async function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  }
}

const FRAME_HEADER = 8;

/** Without a terminal the engine sends frames: a header of 8 bytes (kind, three zeros, length), then the text. */
function textOf(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const isFrame = raw.length >= at + FRAME_HEADER && (raw[at] ?? 9) <= 2 && raw.readUIntBE(at + 1, 3) === 0;
    if (!isFrame) return raw.toString('utf8');
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + FRAME_HEADER, at + FRAME_HEADER + length));
    at += FRAME_HEADER + length;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The whole docker-compose.yml on a real engine, as a project of its own beside whatever else runs here. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { stringify } from 'yaml';
import { ROOT } from '../../tools/stack/context.ts';
import { startSweeper } from '../../tools/stack/folder.ts';
import { DEMO_TIMINGS, localise } from '../../tools/stack/localise.ts';
import { makeQuestions, type Questions } from '../questions.ts';
import { PREFIX } from './compose-sweep.ts';
import { type Docker, makeDocker } from './containers.ts';
import { type SocketProxy, startSocketProxy } from './socket-proxy.ts';

const SOCKET = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const PORTS = { 'target-app': 8000, responder: 8001, prometheus: 9090, alertmanager: 9093 };
type Service = keyof typeof PORTS;

export interface ComposeOptions {
  /** As shipped, or with the timings of the demo: one second where production has five. */
  timings: 'shipped' | 'demo';
  /** Settings of .env that differ from .env.example. */
  env?: Record<string, string>;
  /** More services, or more of the shipped ones. */
  services?: Record<string, object>;
  /** A second replica, `responder-2`, without a port of its own. */
  twoResponders?: boolean;
}

export interface ComposeStory extends Questions {
  project: string;
  docker: Docker;
  /** `docker compose ...` of this project, and the options that make it so. */
  compose: Docker;
  options: string[];
  /** Before the engine's socket, as docs/docker.md describes one. */
  proxy: SocketProxy;
  tokens: { webhook: string; api: string; read: string };
  /** Where a service answers from here. */
  addressOf(service: string): Promise<string>;
  /** What the engine tells of a container of the project, e.g. `target-app-1`. */
  inspect(container: string): Promise<Inspected>;
  /** Process of a container on this machine. */
  pidOf(container: string): Promise<number>;
}
export interface Inspected {
  Id: string;
  Image: string;
  RestartCount: number;
  State: { Running: boolean; Pid: number; StartedAt: string; OOMKilled: boolean; ExitCode: number };
  Config: { Image: string; Labels: Record<string, string> };
}

const UP = ['up', '-d', '--build', '--quiet-pull', '--wait', '--wait-timeout', '180'];

/** Builds, starts and waits until all is healthy; takes everything away after the last test. */
export async function startCompose(wanted: ComposeOptions): Promise<ComposeStory> {
  const project = `${PREFIX}${randomBytes(3).toString('hex')}`;
  const dir = await mkdtemp(join(tmpdir(), `aegisops-compose-${project}-`));
  const stop = await startSweeper(dir, import.meta.resolve('./compose-sweep.ts'));
  const proxy = await startSocketProxy(join(dir, 'docker.sock'), SOCKET);
  const files = await writeFiles(dir, project, wanted);
  const docker = makeDocker();
  const options = [
    ...['-p', project, '--project-directory', ROOT, '--env-file', files.env],
    ...['-f', join(ROOT, 'docker-compose.yml'), '-f', files.override],
  ];
  const compose: Docker = (...more) => docker('compose', ...options, ...more);
  after(async () => {
    await compose('--profile', '*', 'down', '-v', '--remove-orphans', '--timeout', '2');
    await proxy.close();
    await stop();
  });
  await showing('docker', ['compose', ...options, ...UP]);
  const tokens = parseTokens(await compose('run', '--rm', 'setup', 'show'));
  const addressOf = async (service: string) =>
    `http://${await compose('port', service, String(PORTS[service as keyof typeof PORTS] ?? 8000))}`;
  const inspect = async (container: string) =>
    (JSON.parse(await docker('inspect', `${project}-${container}`)) as Inspected[])[0] as Inspected;
  const questions = makeQuestions({
    responder: await addressOf('responder'),
    prometheus: await addressOf('prometheus'),
    tokens,
    urlOf: addressOf,
  });
  return {
    ...questions,
    ...{ project, docker, compose, options, proxy, tokens, addressOf, inspect },
    pidOf: async (container) => (await inspect(container)).State.Pid,
  };
}

async function writeFiles(
  dir: string,
  project: string,
  { timings, env, services = {}, twoResponders = false }: ComposeOptions,
) {
  const demo = timings === 'demo';
  // Others may be cared for on the same engine.
  const filter = { AEGIS_DOCKER_FILTER: `com.docker.compose.project=${project}` };
  const settings = { ...(demo && DEMO_SETTINGS), ...filter, ...env };
  const envFile = join(dir, 'env');
  const example = await readFile(join(ROOT, '.env.example'), 'utf8');
  await writeFile(envFile, withSettings(example, settings));
  const overrideFile = join(dir, 'override.yml');
  await writeFile(
    overrideFile,
    overrideOf(dir, project, { demo, env: envFile, services, twoResponders, ports: await freePorts() }),
  );
  if (demo) await localiseInto(dir);
  return { env: envFile, override: overrideFile };
}

const DEMO_SETTINGS = {
  AEGIS_VERIFY_TIMEOUT_SECONDS: '30',
  AEGIS_COOLDOWN_SECONDS: '10',
  AEGIS_FLAPPING_LIMIT: '100',
  AEGIS_DRAIN_SECONDS: '3',
  AEGIS_TAKE_BACK_SECONDS: '15',
  AEGIS_RECONCILE_SECONDS: '2',
  AEGIS_STILL_FIRING_SECONDS: '20',
  LEAK_SECONDS: '30',
};

/** Free just now; all are held until the last is known. */
async function freePorts(): Promise<Record<Service, number>> {
  const names = Object.keys(PORTS) as Service[];
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const found = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(names.map((name, i) => [name, found[i]])) as Record<Service, number>;
}

function withSettings(example: string, settings: Record<string, string>): string {
  const kept = example.split('\n').filter((line) => !((line.split('=')[0] as string) in settings));
  return [...kept, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

interface Override {
  demo: boolean;
  env: string;
  services: Record<string, object>;
  ports: Record<Service, number>;
  twoResponders: boolean;
}

/** What differs from the shipped file: ports that are free, a network and a socket of its own. */
function overrideOf(
  dir: string,
  project: string,
  { demo, env, services, ports, twoResponders }: Override,
): string {
  // Chosen here: one that the engine chooses is another one after each start.
  const at = (service: Service) => ({ ports: [`127.0.0.1:${ports[service]}:${PORTS[service]}`] });
  const read = (from: string, to: string) => `${join(dir, from)}:${to}:ro`;
  const fast = (part: object) => (demo ? part : {});
  const responder = {
    env_file: [env],
    volumes: [`${join(dir, 'docker.sock')}:/var/run/docker.sock`],
    // What a crash leaves is taken over sooner.
    ...fast({ environment: { AEGIS_LEASE_SECONDS: '10' } }),
  };
  const own: Record<string, object> = {
    'target-app': {
      ...at('target-app'),
      ...fast({ environment: { OTEL_METRIC_EXPORT_INTERVAL: '1000' } }),
    },
    responder: { ...at('responder'), ...responder },
    ...(twoResponders && {
      'responder-2': {
        extends: { file: 'docker-compose.yml', service: 'responder' },
        ports: [],
        ...responder,
      },
    }),
    'otel-collector': { ports: [], ...fast({ environment: { METRIC_EXPIRATION: '3s' } }) },
    prometheus: {
      ...at('prometheus'),
      ...fast({
        volumes: [
          read('prometheus/prometheus.yml', '/etc/prometheus/prometheus.yml'),
          read('prometheus/rules', '/etc/prometheus/rules'),
        ],
      }),
    },
    alertmanager: {
      ...at('alertmanager'),
      ...fast({ volumes: [read('alertmanager/alertmanager.yml', '/etc/alertmanager/alertmanager.yml')] }),
    },
    // Nothing here looks at it, and its image is the largest.
    grafana: { ports: [], profiles: ['grafana'] },
  };
  const names = new Set([...Object.keys(own), ...Object.keys(services)]);
  const file = {
    services: Object.fromEntries([...names].map((name) => [name, { ...own[name], ...services[name] }])),
    networks: { default: { name: project } },
  };
  // Compose adds lists up unless it is told otherwise.
  return stringify(file, { aliasDuplicateObjects: false }).replace(
    /^( +)(ports|env_file):/gm,
    '$1$2: !override',
  );
}

async function localiseInto(dir: string): Promise<void> {
  for (const folder of ['prometheus', 'alertmanager']) {
    await mkdir(join(dir, folder));
    await cp(join(ROOT, folder), join(dir, folder), { recursive: true });
    for (const name of await readdir(join(dir, folder), { recursive: true }))
      if (name.endsWith('.yml')) {
        const path = join(dir, folder, name);
        await writeFile(path, localise(await readFile(path, 'utf8'), DEMO_TIMINGS));
      }
  }
}

function parseTokens(shown: string): ComposeStory['tokens'] {
  const of = (name: string) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(shown)?.[1] ?? '';
  return { webhook: of('AEGIS_WEBHOOK_TOKEN'), api: of('AEGIS_API_TOKEN'), read: of('AEGIS_READ_TOKEN') };
}

/** Long work shows its progress. */
async function showing(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2] });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`${command} ${args.slice(-9).join(' ')} ended with ${status}`);
}

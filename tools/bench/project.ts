/** docker-compose.yml with the demo's timings, as a project of the bench's own beside whatever else runs here. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ROOT } from '../stack/context.ts';
import { DEMO_TIMINGS, localise } from '../stack/localise.ts';
import { makePorts } from '../stack/ports.ts';
import { runOk } from '../toolchain/command.ts';
import { noteProject } from './sweep.ts';

/** The service that is measured, and its only container. */
export const SERVICE = 'target-app';
/** Any port of the engine's choice would be another one after each restart; this or the next free one stays. */
const SERVICE_PORT = 18_000;
const PORTS = { [SERVICE]: 8000, responder: 8001, prometheus: 9090, alertmanager: 9093 } as const;
/** As shipped, but told to the shop by a setting: the kernel, which would be a third party, is kept out of it. */
const MEMORY_LIMIT_BYTES = 320 * 2 ** 20;
const KERNEL_LIMIT = { mem_limit: '640m', memswap_limit: '640m' };
const MADE_MS = 600_000;
const UP_MS = 240_000;

export interface Project {
  name: string;
  container: string;
  /** `docker compose ...` of this project; @returns its output. */
  compose: (...args: string[]) => Promise<string>;
  /** Address of this machine in the project's network. */
  gateway: string;
  /** Token for the responder's API. */
  readToken: string;
  alertmanager: {
    /** Where Alertmanager's configuration lies on this machine, and what it says as shipped. */
    file: string;
    shipped: string;
  };
}

/** Base URLs on this machine. */
export type Addresses = Record<keyof typeof PORTS, string>;

/** Builds, and makes all containers and the network without starting anything. */
export async function makeProject(
  dir: string,
  { graceSeconds, socket }: { graceSeconds: number; socket: string },
): Promise<Project> {
  const name = `aegis-bench-${randomBytes(3).toString('hex')}`;
  await noteProject(dir, name);
  const readToken = randomBytes(24).toString('hex');
  await localiseInto(dir);
  const env = join(dir, 'env');
  const settings = settingsOf({ name, graceSeconds, readToken, socket });
  await writeFile(env, withSettings(await readFile(join(ROOT, '.env.example'), 'utf8'), settings));
  const override = join(dir, 'override.yml');
  const ports = makePorts();
  const port = await ports.reserve(SERVICE, SERVICE_PORT);
  await ports.release(SERVICE);
  await writeFile(override, overrideOf({ dir, name, env, port }));
  const options = ['-p', name, '--project-directory', ROOT, '--env-file', env];
  const files = ['-f', join(ROOT, 'docker-compose.yml'), '-f', override];
  const compose: Project['compose'] = (...args) =>
    runOk('docker', ['compose', ...options, ...files, ...args], { timeoutMs: MADE_MS });
  await compose('up', '--no-start', '--build', '--quiet-pull');
  const network = await runOk('docker', ['network', 'inspect', name]);
  const gateway = /"Gateway": "([\d.]+)"/.exec(network)?.[1];
  if (!gateway)
    throw new Error(`the network ${name} has no gateway, by which Alertmanager would reach webhook`);
  const file = join(dir, 'alertmanager/alertmanager.yml');
  return {
    ...{ name, container: `${name}-${SERVICE}-1`, compose, gateway, readToken },
    alertmanager: { file, shipped: await readFile(file, 'utf8') },
  };
}

/** Starts it and waits until all is healthy. */
export async function startProject({ compose }: Project): Promise<Addresses> {
  await compose('up', '-d', '--wait', '--wait-timeout', String(UP_MS / 1000));
  const addresses = Object.entries(PORTS).map(async ([service, port]) => {
    const address = /^[\d.]+:\d+$/m.exec(await compose('port', service, String(port)))?.[0];
    return [service, `http://${address}`];
  });
  return Object.fromEntries(await Promise.all(addresses)) as Addresses;
}

/** Those of the stories on containers: what keeps one incident from following another is short. */
function settingsOf(own: { name: string; graceSeconds: number; readToken: string; socket: string }) {
  return {
    AEGIS_DOCKER_FILTER: `com.docker.compose.project=${own.name}`,
    AEGIS_READ_TOKEN: own.readToken,
    AEGIS_RESTART_GRACE_SECONDS: String(own.graceSeconds),
    AEGIS_VERIFY_TIMEOUT_SECONDS: '30',
    AEGIS_COOLDOWN_SECONDS: '10',
    AEGIS_FLAPPING_LIMIT: '1000',
    AEGIS_RECONCILE_SECONDS: '2',
    AEGIS_STILL_FIRING_SECONDS: '20',
    DOCKER_SOCKET: own.socket,
    // Steps of a seventh of a second, so that the moment of the breach is sharp.
    LEAK_SECONDS: '5',
  };
}

function withSettings(example: string, settings: Record<string, string>): string {
  const kept = example.split('\n').filter((line) => !((line.split('=')[0] as string) in settings));
  return [...kept, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

/** What differs from the shipped file: free ports, a network of its own, the demo's timings. */
function overrideOf({
  dir,
  name,
  env,
  port,
}: {
  dir: string;
  name: string;
  env: string;
  port: number;
}): string {
  const anyPort = (service: keyof typeof PORTS) => ({ ports: [`127.0.0.1::${PORTS[service]}`] });
  const read = (path: string, to: string) => `${join(dir, path)}:${to}:ro`;
  const services = {
    [SERVICE]: {
      ports: [`127.0.0.1:${port}:${PORTS[SERVICE]}`],
      environment: { OTEL_METRIC_EXPORT_INTERVAL: '1000', MEMORY_LIMIT_BYTES: String(MEMORY_LIMIT_BYTES) },
      ...KERNEL_LIMIT,
    },
    responder: { ...anyPort('responder'), env_file: [env] },
    'otel-collector': { ports: [], environment: { METRIC_EXPIRATION: '3s' } },
    prometheus: {
      ...anyPort('prometheus'),
      volumes: [
        read('prometheus/prometheus.yml', '/etc/prometheus/prometheus.yml'),
        read('prometheus/rules', '/etc/prometheus/rules'),
      ],
    },
    alertmanager: {
      ...anyPort('alertmanager'),
      volumes: [read('alertmanager/alertmanager.yml', '/etc/alertmanager/alertmanager.yml')],
    },
    grafana: { ports: [], profiles: ['grafana'] }, // nothing here looks at it
  };
  // Compose adds lists up unless it is told otherwise.
  const text = stringify({ services, networks: { default: { name } } });
  return text.replace(/^( +)(ports|env_file):/gm, '$1$2: !override');
}

async function localiseInto(dir: string): Promise<void> {
  for (const folder of ['prometheus', 'prometheus/rules', 'alertmanager']) {
    await mkdir(join(dir, folder));
    for (const name of await readdir(join(ROOT, folder)))
      if (/(?<!\.test)\.yml$/.test(name)) {
        const text = await readFile(join(ROOT, folder, name), 'utf8');
        await writeFile(join(dir, folder, name), localise(text, DEMO_TIMINGS));
      }
  }
}

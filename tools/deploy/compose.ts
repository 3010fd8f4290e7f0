/** A release of a service of docker-compose.yml, put in place as a person would: by Compose. It does not roll back by itself. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { until } from '../demo/wait.ts';
import { ROOT } from '../stack/context.ts';

const run = promisify(execFile);
const PROJECT = 'aegisops';
const SERVICE_LABEL = 'com.docker.compose.service';
const VERSION_LABEL = 'org.opencontainers.image.version';
/** Written by the responder on what it adds for a while, and on whatever it makes: by which of its intents. */
const ADDED_LABEL = 'aegis.added-by';
const MADE_LABEL = 'aegis.start-id';
const HEALTHY_MS = 90_000;
const LAST_LINES = 5;

interface Container {
  name: string;
  running: boolean;
  /** `healthy`, `starting`, `unhealthy`; null where the image has no health check. */
  health: string | null;
  labels: Record<string, string>;
}

/** Services of our Compose project that have a container here; empty where there is no engine either. */
export async function composeServices(): Promise<string[]> {
  const format = `{{.Label "${SERVICE_LABEL}"}}`;
  const args = ['ps', '-a', '--filter', `label=com.docker.compose.project=${PROJECT}`, '--format', format];
  const { stdout } = await run('docker', args).catch(() => ({ stdout: '' })); // no Docker: no project either
  return [...new Set(stdout.split('\n').filter(Boolean))].toSorted();
}

export interface ComposeDeploy {
  target: string;
  version: string;
  say: (line: string) => void;
  /** Another Compose project than that of docker-compose.yml alone: its name, and the options that make it. */
  project?: string;
  options?: string[];
}

/**
 * @returns whether the release runs; `rolled back`: AegisOps was done with it before its health check had answered
 * @throws Error that says what did not start and why
 */
export async function deployByCompose({
  target,
  version,
  say,
  project = PROJECT,
  options = [],
}: ComposeDeploy): Promise<'runs' | 'rolled back'> {
  const before = (await containersOf(project, target)).filter(({ labels }) => !(ADDED_LABEL in labels));
  const count = Math.max(1, before.length);
  const was = before[0]?.labels[VERSION_LABEL] ?? 'an unknown release';
  await compose([...options, 'up', '-d', '--build', '--no-deps', '--scale', `${target}=${count}`, target], {
    TARGET_APP_VERSION: version,
  });
  // Whatever else it makes from now on is a rollback's.
  const intents = new Set<string | undefined>([undefined, ...before.map(({ labels }) => labels[MADE_LABEL])]);
  let end: 'runs' | 'rolled back';
  try {
    end = await until(`${target} to be healthy as ${version}`, HEALTHY_MS, async () => {
      const now = await containersOf(project, target);
      if (now.some(({ labels }) => labels[VERSION_LABEL] !== version && !intents.has(labels[MADE_LABEL])))
        return 'rolled back' as const;
      for (const one of now) assertWell(one, version);
      return now.length >= count ? ('runs' as const) : null;
    });
  } catch (error) {
    const { stdout, stderr } = await run(
      'docker',
      ['compose', ...options, 'logs', '--no-color', '--tail', String(LAST_LINES), target],
      { cwd: ROOT },
    );
    throw new Error(
      `${target} did not start as ${version}: ${(error as Error).message}. It was not rolled back: that is for AegisOps to do, or npm run deploy -- ${was}. The end of its output:\n${stdout}${stderr}`,
    );
  }
  say(
    end === 'runs'
      ? `${target} runs ${version}, in place of ${was}; set TARGET_APP_VERSION=${version} in .env, or the next docker compose up takes it back`
      : `${target} ran ${version}, and AegisOps has put back what ran before it: its incident says why`,
  );
  return end;
}

function assertWell({ name, running, health, labels }: Container, version: string): void {
  if (labels[VERSION_LABEL] !== version) throw new Error(`${name} is ${labels[VERSION_LABEL]}`);
  if (!running) throw new Error(`${name} does not run`);
  if (health !== null && health !== 'healthy') throw new Error(`${name} is ${health}`);
}

/** Those that serve: what a rollback has set aside is none. */
async function containersOf(project: string, service: string): Promise<Container[]> {
  const labels = [`com.docker.compose.project=${project}`, `${SERVICE_LABEL}=${service}`];
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
  const ids = (await run('docker', ['ps', '-aq', ...filters])).stdout.split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const { stdout } = await run('docker', ['inspect', ...ids]);
  return (JSON.parse(stdout) as Inspected[])
    .map(({ Name, State, Config }) => ({
      name: Name.replace(/^\//, ''),
      running: State.Running,
      health: State.Health?.Status ?? null,
      labels: Config.Labels,
    }))
    .filter(({ name }) => !/\.aegis-(next|kept)-/.test(name));
}

interface Inspected {
  Name: string;
  State: { Running: boolean; Health?: { Status: string } };
  Config: { Labels: Record<string, string> };
}

/** Its progress goes to stderr. */
async function compose(args: string[], env: Record<string, string>): Promise<void> {
  const child = spawn('docker', ['compose', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 2, 2],
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`docker compose ${args.join(' ')} ended with ${status}`);
}

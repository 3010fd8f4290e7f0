/** Whether tests on a real container engine can run here. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Finished, run } from '../toolchain/command.ts';

/** On every stand-in that test/docker/images.ts makes, and on no other image. */
export const STAND_IN = 'org.aegisops.stand-in';

const ASK_MS = 2_000;
/** No test starts these. */
const NOT_TESTED = /^(grafana\/grafana|ollama\/ollama|jaegertracing\/jaeger):/;
/** Built from the Dockerfiles, by the tests themselves. */
const OURS = /^aegisops\//;

export interface DockerHere {
  /** Version of the engine, or why none answers. */
  engine: { version: string } | { problem: string };
  /** Version of the Compose plugin; null where there is none. */
  compose: string | null;
  /** What our images build upon and Compose starts. */
  images: { name: string; kind: 'real' | 'stand-in' | 'absent' }[];
}

/** Asks the engine that the `docker` command speaks to: DOCKER_HOST, else the usual socket. Takes seconds at most. */
export async function dockerHere(root: string): Promise<DockerHere> {
  const version = await ask('version', '--format', '{{.Server.Version}}');
  if (version.code !== 0)
    return { engine: { problem: firstLine(version.output) }, compose: null, images: [] };
  const compose = await ask('compose', 'version', '--short');
  const images = imagesOf(root).map(async (name) => ({ name, kind: await kindOf(name) }));
  return {
    engine: { version: versionIn(version.output) },
    compose: compose.code === 0 ? versionIn(compose.output) : null,
    images: await Promise.all(images),
  };
}

/** Why the tests on Docker cannot run; null where they can. */
export function whyNoDocker({ engine, compose, images }: DockerHere): string | null {
  if ('problem' in engine) return `no container engine answers (${engine.problem})`;
  if (compose === null) return 'docker has no Compose plugin';
  const absent = images.filter(({ kind }) => kind === 'absent').map(({ name }) => name);
  if (absent.length === 0) return null;
  return `the engine has no ${absent.join(', no ')} (node tools/bootstrap.mjs test/docker/images.ts)`;
}

/** What the tests on Docker run on, for a reader of their results. */
export function describeDocker({ engine, compose, images }: DockerHere): string {
  const version = 'version' in engine ? engine.version : '?';
  const standIns = images.filter(({ kind }) => kind === 'stand-in').length;
  const kinds = standIns === 0 ? 'real images' : `stand-ins for ${standIns} of ${images.length} images`;
  return `engine ${version}, Compose ${compose}, ${kinds}`;
}

/** Names of the images that docker-compose.yml starts and the Dockerfiles build upon; without those no test starts. */
export function imagesOf(root: string): string[] {
  const text = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '');
  const { services = {} } = (parse(text('docker-compose.yml'), { merge: true }) ?? {}) as {
    services?: Record<string, { image?: string }>;
  };
  const started = Object.values(services).map(({ image }) => image ?? '');
  const bases = ['responder/Dockerfile', 'target-app/Dockerfile'].flatMap((file) =>
    [...text(file).matchAll(/^FROM\s+(\S+:\S+)/gim)].map((match) => match[1] ?? ''),
  );
  const names = new Set([...started, ...bases]);
  return [...names].filter((name) => name !== '' && !OURS.test(name) && !NOT_TESTED.test(name)).sort();
}

async function kindOf(image: string): Promise<'real' | 'stand-in' | 'absent'> {
  const label = `{{index .Config.Labels "${STAND_IN}"}}`;
  const { code, output } = await ask('image', 'inspect', '--format', label, image);
  if (code !== 0) return 'absent';
  return /^true$/m.test(output) ? 'stand-in' : 'real';
}

/** An engine that does not answer in time is none. */
function ask(...args: string[]): Promise<Finished> {
  return run('docker', args, { timeoutMs: ASK_MS }).catch((error: Error) => ({
    code: 1,
    output: error.message,
  }));
}

const firstLine = (output: string) => output.trim().split('\n')[0] ?? '';
/** A warning of the client may stand beside the answer. */
const versionIn = (output: string) => /^v?(\d+\.\S+)$/m.exec(output)?.[1] ?? '?';

/** Small services on the real engine, for the stories about the runtime: each test has its own names, and takes them away. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Container, Engine } from '../../responder/clients/runtimes/docker-engine.ts';
import { putOnRecord } from '../../responder/clients/runtimes/docker-releases.ts';

const run = promisify(execFile);
/** What our images and those of the tests are built upon. */
export const BASE = 'node:24.21.0-bookworm-slim';

/** A service that tells which release it is, ends on SIGTERM, and can be told to end with a code or to fill its memory. */
const SERVER = `
const { createServer } = require('node:http');
const server = createServer((request, response) => {
  const code = /^\\/exit\\/(\\d+)/.exec(request.url)?.[1];
  if (code) process.exit(Number(code));
  if (request.url === '/fill') for (const kept = []; ; ) kept.push(Buffer.alloc(4e6, 1));
  response.end(JSON.stringify({ version: process.env.RELEASE, host: require('node:os').hostname() }));
});
if (process.env.RELEASE.startsWith('broken')) process.exit(3);
server.listen(8000);
console.log('serves ' + process.env.RELEASE);
process.on('SIGTERM', () => process.exit(0));`;

/** The command line: gives its output without the line's end, rejects with what it wrote to stderr. */
export type Docker = (...args: string[]) => Promise<string>;

/** @param host of the engine; undefined: the usual one */
export function makeDocker(host?: string): Docker {
  return async (...args) => {
    const { stdout } = await run('docker', [...(host ? ['-H', host] : []), ...args]);
    return stdout.trim();
  };
}

/** Builds `<name>:<version>` for each version. @returns how to remove them */
export async function buildReleases(
  docker: Docker,
  name: string,
  versions: string[],
): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'aegisops-release-'));
  await writeFile(join(dir, 'server.js'), SERVER);
  const dockerfile = (version: string) =>
    [
      `FROM ${BASE}`,
      'COPY server.js /server.js',
      `ENV RELEASE=${version}`,
      `LABEL org.opencontainers.image.version=${version}`,
      'CMD ["node", "/server.js"]',
    ].join('\n');
  for (const version of versions) {
    await writeFile(join(dir, 'Dockerfile'), dockerfile(version));
    await docker('build', '-q', '-t', `${name}:${version}`, dir);
  }
  await rm(dir, { recursive: true });
  return async () => {
    const tags = await docker('images', '--format', '{{.Repository}}:{{.Tag}}');
    const mine = tags
      .split('\n')
      .filter((tag) => tag.startsWith(`${name}:`) || tag.startsWith(`aegis-releases/${name}:`));
    if (mine.length > 0) await docker('rmi', '-f', ...mine);
  };
}

export interface Shop {
  name: string;
  engine: Engine;
  docker: Docker;
  /** Runs `<name>-1` as Compose would, and puts it on record. @returns its id */
  start(version: string, more?: string[]): Promise<string>;
  /** 1.0.0 ran, then 1.1.0 took its place. */
  deployed(more?: string[]): Promise<void>;
  /** The container of that name; fails where there is none. */
  inspect(container: string): Promise<Container>;
  /** Takes away all its containers and its record. */
  clear(): Promise<void>;
}

export function makeShop({
  name,
  engine,
  docker,
  network,
}: Pick<Shop, 'name' | 'engine' | 'docker'> & { network: string[] }): Shop {
  const labels = {
    'aegis.enable': 'true',
    'aegis.service': name,
    'aegis.actions': 'RESTART,SCALE_UP,ROLLBACK',
  };
  const flags = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]);
  const inspect = async (container: string) => {
    const found = await engine.inspect(container);
    if (!found) throw new Error(`there is no container ${container}`);
    return found;
  };
  const start = async (version: string, more: string[] = []) => {
    const id = await docker(
      ...['run', '-d', '--name', `${name}-1`, ...network, '-e', 'MINE=kept', '--memory', '64m'],
      ...['--restart', 'unless-stopped', ...flags, ...more, `${name}:${version}`],
    );
    await putOnRecord(engine, name, await inspect(id), 'deploy');
    return id;
  };
  return {
    ...{ name, engine, docker, inspect, start },
    async deployed(more = []) {
      const id = await start('1.0.0', more);
      await docker('rm', '-f', id);
      await start('1.1.0', more);
    },
    async clear() {
      const ids = await docker('ps', '-aq', '--filter', `name=${name}-`);
      if (ids) await docker('rm', '-fv', ...ids.split('\n'));
      const tags = await docker('images', '--format', '{{.Repository}}:{{.Tag}}', `aegis-releases/${name}`);
      if (tags) await docker('rmi', ...tags.split('\n'));
    },
  };
}

/**
 * An engine of the test's own: a second dockerd with its folders, socket and address range, which can be stopped and
 * killed without harm to the machine's engine. It is up in half a second. Its containers reach each other and this
 * machine and publish ports, and no further: the machine's firewall rules are left alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSweeper } from '../../tools/stack/folder.ts';
import { runOk } from '../../tools/toolchain/command.ts';
import { onPath } from '../../tools/toolchain/files.ts';
import { bridgeOf, cgroupOf, programsOf } from './engine-sweep.ts';

export interface Engine {
  /** Path of the API's socket. */
  socket: string;
  /** The same, as DOCKER_HOST takes it. */
  host: string;
  /** Runs the docker command against it. @throws Error where that fails. @returns its output, trimmed */
  docker(...args: string[]): Promise<string>;
  /** Copies an image from the machine's engine: seconds for each 100 MB. */
  load(image: string): Promise<void>;
  /** Ends it by SIGKILL, as a crash would: its containers live on. */
  kill(): Promise<void>;
  /** Ends it as the machine's shutdown would, unless it was killed, and starts it again. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and its containers, and removes all that it made. The same happens when the test just dies. */
  stop(): Promise<void>;
}

const UP_MS = 60_000;
/** Longer than the 10 s that a container has to end in. */
const DOWN_MS = 30_000;
/** Debian keeps them where a person's PATH may not look. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const POLL_MS = 50;
const LAST_CHARS = 1_500;

/** Why no private engine can be started here; null where one can. */
export function whyNoEngine(): string | null {
  if (process.platform !== 'linux') return 'a private engine needs Linux';
  if (process.getuid?.() !== 0) return 'a private engine needs root';
  const missing = ['dockerd', 'containerd', 'docker', 'ip', 'umount'].filter(
    (name) => !onPath(name, PATH)[0],
  );
  return missing.length > 0 ? `a private engine needs ${missing.join(', ')}, which is not on PATH` : null;
}

/** Starts an engine without any image. @throws Error with the end of its output where it does not come up */
export async function startEngine(): Promise<Engine> {
  const reason = whyNoEngine();
  if (reason !== null) throw new Error(reason);
  // A short name: the path of a socket has at most 107 characters, and containerd's lies three folders down.
  const dir = mkdtempSync(join(tmpdir(), 'eng-'));
  const stop = await startSweeper(dir, import.meta.resolve('./engine-sweep.ts'));
  const socket = join(dir, 'docker.sock');
  let daemon: ChildProcess;
  const start = async () => {
    daemon = await launch(dir, socket);
    await answers(daemon, dir, socket);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.ref(); // alone it keeps nobody alive, but now we wait for it
    daemon.kill(signal);
    await once(daemon, 'exit', { signal: AbortSignal.timeout(DOWN_MS) });
    // It dies with dockerd, a little later, and two cannot share a folder.
    while (programsOf(dir, /^containerd$/).length > 0) await sleep(POLL_MS);
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const host = `unix://${socket}`;
  return {
    socket,
    host,
    docker: async (...args) => (await runOk('docker', ['--host', host, ...args])).trim(),
    load: (image) => copyImage(image, host),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
    stop,
  };
}

async function launch(dir: string, socket: string): Promise<ChildProcess> {
  // Of one that was killed. It may still stand among the processes, which nobody has reaped, and would be waited for.
  for (const file of ['docker.pid', 'run/containerd/containerd.pid'])
    rmSync(join(dir, file), { force: true });
  writeFileSync(join(dir, 'daemon.json'), '{}');
  const log = openSync(join(dir, 'log'), 'a');
  const options = {
    host: `unix://${socket}`,
    'data-root': join(dir, 'data'),
    'exec-root': join(dir, 'run'),
    pidfile: join(dir, 'docker.pid'),
    'cgroup-parent': cgroupOf(dir),
    'exec-opt': 'native.cgroupdriver=cgroupfs',
    'config-file': join(dir, 'daemon.json'), // not the machine's
    bridge: await ensureBridge(dir),
    iptables: false,
    ip6tables: false,
    'ip-masq': false,
    'ip-forward': false,
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const daemon = spawn('dockerd', args, {
    detached: true, // so that Ctrl-C does not reach it: the sweeper ends it
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH },
  });
  closeSync(log);
  daemon.on('error', () => undefined); // `answers` finds that it never was
  daemon.unref();
  return daemon;
}

/**
 * Neither the default bridge nor none: dockerd removes docker0, which is the machine's engine's, where it is to have none,
 * and also at a restart where it was given an address pool.
 */
async function ensureBridge(dir: string): Promise<string> {
  const name = bridgeOf(dir);
  if (existsSync(`/sys/class/net/${name}`)) return name;
  const ip = (...args: string[]) => runOk('ip', args, { env: { ...process.env, PATH } });
  await ip('link', 'add', name, 'type', 'bridge');
  await ip('address', 'add', `10.214.${randomInt(256)}.1/24`, 'dev', name);
  await ip('link', 'set', name, 'up');
  return name;
}

async function answers(daemon: ChildProcess, dir: string, socket: string): Promise<void> {
  const deadline = performance.now() + UP_MS;
  while (!(await ping(socket))) {
    const died = daemon.exitCode !== null || daemon.signalCode !== null;
    if (died || performance.now() > deadline) {
      const output = readFileSync(join(dir, 'log'), 'utf8').trim().slice(-LAST_CHARS);
      throw new Error(`dockerd ${died ? 'ended while it was starting' : 'does not answer'}:\n${output}`);
    }
    await sleep(POLL_MS);
  }
}

function ping(socketPath: string): Promise<boolean> {
  return new Promise((done) => {
    const request = get({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => done(false)); // not there yet
  });
}

/** Through a pipe: an image of 300 MB need not lie on the disk once more. */
async function copyImage(image: string, host: string): Promise<void> {
  const script = 'set -o pipefail; docker image save "$1" | docker --host "$2" image load --quiet';
  await runOk('bash', ['-c', script, 'bash', image, host], { timeoutMs: 120_000 });
}

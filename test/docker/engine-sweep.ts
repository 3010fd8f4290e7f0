/** Ends a private engine with all that it started and made, from its folder alone: no memory of the starter is needed. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../tools/toolchain/command.ts';

const CGROUPS = '/sys/fs/cgroup';
/** A client that still speaks to it ends with it. */
const PROGRAMS = /^(dockerd|docker|containerd|containerd-shim.*|runc)$/;
/** Where shims listen, whatever the engine's own folders are. */
const SHIM_SOCKETS = '/run/containerd/s/';
const PASSES = 50;
const PASS_MS = 100;

/** Parent of the cgroups of all of an engine's containers: by it their processes are found. */
export function cgroupOf(dir: string): string {
  return `/aegisops-${basename(dir)}`;
}

/** Of its default network. Names of interfaces are short, and so is that of the folder. */
export function bridgeOf(dir: string): string {
  return basename(dir);
}

/**
 * Nothing is asked to end in peace, since nothing of it is needed any more.
 * @throws Error when something outlives it
 */
export async function sweep(dir: string): Promise<void> {
  const sockets = new Set<string>();
  for (let pass = 1; ; pass++) {
    const daemons = programsOf(dir);
    const pids = [...daemons, ...containersOf(dir)];
    if (pids.length === 0) break;
    if (pass > PASSES) throw new Error(`processes of the engine in ${dir} do not end: ${pids.join(', ')}`);
    for (const socket of listeningAt(daemons)) sockets.add(socket);
    for (const pid of pids) kill(pid);
    await sleep(PASS_MS);
  }
  for (const socket of sockets) await rm(socket, { force: true });
  for (const path of mountsIn(dir)) await must('umount', ['--lazy', path]);
  for (const bridge of bridgesOf(dir)) await must('ip', ['link', 'delete', bridge]);
  for (const group of cgroupsOf(dir)) removeGroup(group);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone meanwhile
  }
}

async function must(command: string, args: string[]): Promise<void> {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { code, output } = await run(command, args, { env });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${output.trim()}`);
}

/** Pids of the engine, its containerd and its shims, all of which name its folder. */
export function programsOf(dir: string, names = PROGRAMS): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const args = read(`/proc/${pid}/cmdline`).split('\0');
      return names.test(basename(args[0] ?? '')) && args.some((arg) => arg.includes(`${dir}/`));
    })
    .map(Number);
}

/** Contents, or nothing where it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function containersOf(dir: string): number[] {
  return cgroupsOf(dir)
    .flatMap((group) => [group, ...foldersIn(group)])
    .flatMap((group) => read(join(group, 'cgroup.procs')).split('\n'))
    .map(Number)
    .filter((pid) => pid > 0); // 0: a process of another namespace
}

/** Ours in the one tree of cgroup v2, or in each controller's of v1. */
function cgroupsOf(dir: string): string[] {
  const trees = existsSync(CGROUPS) ? readdirSync(CGROUPS, { withFileTypes: true }) : [];
  const roots = [
    CGROUPS,
    ...trees.filter((tree) => tree.isDirectory()).map(({ name }) => join(CGROUPS, name)),
  ];
  return roots.map((root) => root + cgroupOf(dir)).filter((path) => existsSync(path));
}

/** All folders below, the deeper ones first. */
function foldersIn(path: string): string[] {
  const entries = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [...foldersIn(join(path, name)), join(path, name)]);
}

function removeGroup(group: string): void {
  for (const path of [...foldersIn(group), group]) rmdirSync(path);
}

/** Sockets of shims, which nobody unlinks when those are killed. */
function listeningAt(pids: number[]): string[] {
  const inodes = new Set(pids.flatMap(openSockets));
  const lines = read('/proc/net/unix').split('\n');
  return lines.flatMap((line) => {
    const [, , , , , , inode = '', path = ''] = line.trim().split(/\s+/);
    return inodes.has(inode) && path.startsWith(SHIM_SOCKETS) ? [path] : [];
  });
}

function openSockets(pid: number): string[] {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  } catch {
    return []; // gone meanwhile
  }
}

/** Mount points below the folder, the last mounted first. */
function mountsIn(dir: string): string[] {
  const paths = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return paths.filter((path) => path.startsWith(`${dir}/`)).reverse();
}

/** The engine leaves its bridges when it ends; the names of those of its networks come from the ids in its database. */
function bridgesOf(dir: string): string[] {
  const database = read(join(dir, 'data/network/files/local-kv.db'));
  const ids = [...database.matchAll(/bridge\/([0-9a-f]{12})[0-9a-f]{52}/g)].map((match) => match[1]);
  const names = [bridgeOf(dir), ...new Set(ids.map((id) => `br-${id}`))];
  return names.filter((name) => existsSync(`/sys/class/net/${name}`));
}

/** Memory against its limit, in bytes, as whoever enforces the limit would count it. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

export interface MemoryReading {
  usageBytes: number;
  limitBytes: number;
  /** usage / limit; above 1 where the limit is not enforced. */
  utilization: number;
}

/** Where the limit comes from: a setting, this process' cgroup, or the size of the machine. */
export type LimitSource = 'setting' | 'cgroup' | 'machine';

export interface Memory {
  source: LimitSource;
  read(): MemoryReading;
}

/** What one cgroup says about memory. `limitBytes` is null where it sets none. */
export interface CgroupMemory {
  limitBytes: number | null;
  usageBytes: number;
}

export interface MemoryOptions {
  /** The explicit limit; undefined asks the cgroup, then the machine. */
  limitBytes: number | undefined;
  /** Text of a file, or null where it cannot be read. */
  readText?: (path: string) => string | null;
  rssBytes?: () => number;
  machineBytes?: number;
}

/**
 * With an explicit limit, or none but the machine's, usage is the resident set of this process. In a limited cgroup it
 * is the cgroup's usage without inactive file pages, which the kernel drops before it kills (Kubernetes' working set).
 */
export function makeMemory({
  limitBytes,
  readText = readTextOrNull,
  rssBytes = () => process.memoryUsage.rss(),
  machineBytes = totalmem(),
}: MemoryOptions): Memory {
  const rssAgainst = (limit: number) => () => reading(rssBytes(), limit);
  if (limitBytes !== undefined) return { source: 'setting', read: rssAgainst(limitBytes) };
  const readCgroup = () => findCgroupMemory(readText, machineBytes);
  const atStart = readCgroup();
  if (!atStart) return { source: 'machine', read: rssAgainst(machineBytes) };
  return {
    source: 'cgroup',
    // Read anew each time: a limit can be changed while the container runs.
    read: () => {
      const now = readCgroup() ?? atStart;
      return reading(now.usageBytes, now.limitBytes);
    },
  };
}

function reading(usageBytes: number, limitBytes: number): MemoryReading {
  return { usageBytes, limitBytes, utilization: usageBytes / limitBytes };
}

/** The first cgroup (v2, then v1; own path, then the root that a container sees) whose limit is below the machine's memory. */
export function findCgroupMemory(
  readText: (path: string) => string | null,
  machineBytes: number,
): (CgroupMemory & { limitBytes: number }) | null {
  const paths = parseCgroupPaths(readText('/proc/self/cgroup') ?? '');
  const read = (folder: string, file: string) => readText(`${folder}/${file}`.replace(/\/+/g, '/'));
  for (const path of unique([paths.v2, '/'])) {
    const folder = `/sys/fs/cgroup${path}`;
    const found = cgroupV2({
      max: read(folder, 'memory.max'),
      current: read(folder, 'memory.current'),
      stat: read(folder, 'memory.stat'),
    });
    if (isLimited(found, machineBytes)) return found;
  }
  for (const path of unique([paths.v1Memory, '/'])) {
    const folder = `/sys/fs/cgroup/memory${path}`;
    const found = cgroupV1({
      limit: read(folder, 'memory.limit_in_bytes'),
      usage: read(folder, 'memory.usage_in_bytes'),
      stat: read(folder, 'memory.stat'),
    });
    if (isLimited(found, machineBytes)) return found;
  }
  return null;
}

/** Paths of this process in the unified (v2) and the v1 memory hierarchy, from `/proc/self/cgroup` (cgroups(7)). */
export function parseCgroupPaths(text: string): { v2: string; v1Memory: string } {
  const lines = text.split('\n').map((line) => /^(\d+):([^:]*):(\/.*)$/.exec(line));
  const v2 = lines.find((line) => line?.[1] === '0' && line[2] === '');
  const v1 = lines.find((line) => line?.[2]?.split(',').includes('memory'));
  return { v2: v2?.[3] ?? '/', v1Memory: v1?.[3] ?? '/' };
}

/** cgroup v2: `max` means no limit. Null where the files are not there. */
export function cgroupV2(files: {
  max: string | null;
  current: string | null;
  stat: string | null;
}): CgroupMemory | null {
  const current = bytes(files.current);
  if (files.max === null || current === null) return null;
  return { limitBytes: bytes(files.max), usageBytes: withoutInactive(current, files.stat, 'inactive_file') };
}

/** cgroup v1: no limit is a number larger than any machine. `total_` counts the children too, as usage does. */
export function cgroupV1(files: {
  limit: string | null;
  usage: string | null;
  stat: string | null;
}): CgroupMemory | null {
  const usage = bytes(files.usage);
  if (files.limit === null || usage === null) return null;
  return {
    limitBytes: bytes(files.limit),
    usageBytes: withoutInactive(usage, files.stat, 'total_inactive_file'),
  };
}

function withoutInactive(usage: number, stat: string | null, key: string): number {
  const inactive = bytes(new RegExp(`^${key} (\\d+)$`, 'm').exec(stat ?? '')?.[1] ?? null) ?? 0;
  return Math.max(0, usage - inactive);
}

function isLimited(
  found: CgroupMemory | null,
  machineBytes: number,
): found is CgroupMemory & { limitBytes: number } {
  return found !== null && found.limitBytes !== null && found.limitBytes < machineBytes;
}

function bytes(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null;
}

function unique(paths: string[]): string[] {
  return [...new Set(paths)];
}

function readTextOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A file that is not there is how one tells which cgroup version this machine has.
    return null;
  }
}

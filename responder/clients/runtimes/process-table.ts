/** Who a process is: a pid alone is used again by the kernel, so pid and start time together are the identity. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** USER_HZ: the unit of `starttime` in /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessInfo {
  /** Start time as the operating system words it: clock ticks since boot on Linux, `ps -o lstart` elsewhere. */
  start: string;
  startedAt: string;
}

/** The living process with this pid, or null. A zombie is dead: it holds nothing but its exit status. */
export async function processInfo(pid: number): Promise<ProcessInfo | null> {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

async function fromProc(pid: number): Promise<ProcessInfo | null> {
  try {
    const [stat, kernel] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/stat', 'utf8'),
    ]);
    return parseStat(stat, Number(/^btime (\d+)$/m.exec(kernel)?.[1] ?? 0));
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** @param bootTime epoch seconds of the boot (`btime` of /proc/stat). */
export function parseStat(stat: string, bootTime: number): ProcessInfo | null {
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  if (!start || state === 'Z' || state === 'X') return null;
  const startedAt = new Date((bootTime + Number(start) / TICKS_PER_SECOND) * 1000).toISOString();
  return { start, startedAt };
}

async function fromPs(pid: number): Promise<ProcessInfo | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    const match = /^(\S+)\s+(.+)$/.exec(stdout.trim());
    if (!match?.[2] || match[1]?.startsWith('Z')) return null;
    const start = match[2].replaceAll(/\s+/g, '_');
    return { start, startedAt: new Date(match[2]).toISOString() };
  } catch (error) {
    // ps exits 1 when there is no such process.
    if (typeof error === 'object' && error && 'code' in error && error.code === 1) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}

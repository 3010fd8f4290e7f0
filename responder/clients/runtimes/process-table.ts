/** Who a process is: a pid alone is used again by the kernel, so pid and start time together are the identity. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** USER_HZ: the unit of `starttime`, `utime` and `stime` in /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessInfo {
  /** Start time as the operating system words it: clock ticks since boot on Linux, `ps -o lstart` elsewhere. */
  start: string;
  startedAt: string;
  /** CPU time used since the start, user and system, in seconds. */
  cpuSeconds: number;
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
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return { start, startedAt, cpuSeconds };
}

async function fromPs(pid: number): Promise<ProcessInfo | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'state=,time=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return parsePs(stdout);
  } catch (error) {
    // ps exits 1 when there is no such process.
    if (typeof error === 'object' && error && 'code' in error && error.code === 1) return null;
    throw error;
  }
}

/** @param line `ps -o state=,time=,lstart=`, where `time` is `[[days-]hours:]minutes:seconds[.hundredths]`. */
export function parsePs(line: string): ProcessInfo | null {
  const [state = 'Z', time = '', ...words] = line.trim().split(/\s+/);
  if (state.startsWith('Z') || words.length === 0) return null;
  const [clock = '', days = '0'] = time.split('-').reverse();
  const dayless = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  const startedAt = new Date(words.join(' ')).toISOString();
  return { start: words.join('_'), startedAt, cpuSeconds: Number(days) * 86_400 + dayless };
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}

/** Runs one test file: a process group and a folder for temporary files of its own, so that it can be seen what it leaves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Counts } from './tally.ts';

export interface FileResult {
  file: string;
  passed: number;
  failed: number;
  skipped: number;
  /** Null where every test passed and nothing was left behind, else what went wrong, in a few words. */
  problem: string | null;
  /** What went wrong the first time, where it passed the second time. */
  before?: string;
  ms: number;
}

export interface TestProcesses {
  /** @param show takes the file's output (spec reporter, and whatever the tests print) as it comes */
  run(file: string, show: (chunk: Buffer) => void): Promise<FileResult>;
  /** Sends the signal to every file that runs, and to what it started. */
  signal(signal: NodeJS.Signals): void;
}

interface Options {
  /** The project's folder; `file` is relative to it. */
  root: string;
  /** A file that takes longer hangs, and is killed. */
  limitMs?: number;
  /** So long after its end a file's own sweepers may still be at work. */
  sweepMs?: number;
}

const TALLY = new URL('tally.ts', import.meta.url).href;
const POLL_MS = 50;

export function makeTestProcesses({ root, limitMs = 900_000, sweepMs = 30_000 }: Options): TestProcesses {
  const running = new Set<ChildProcess>();

  return {
    async run(file, show) {
      const began = performance.now();
      const tally = mkdtempSync(join(tmpdir(), 'aegisops-tally-'));
      const temp = makeTemp();
      const child = start({ root, file, temp, tally: join(tally, 'counts') });
      running.add(child);
      try {
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', show);
        const ended = await endOf(child, limitMs);
        const left = await leftIn(temp, sweepMs);
        const counts = readCounts(join(tally, 'counts'));
        const problem = problemOf(counts, ended, left);
        return { file, ...sum(counts), problem, ms: performance.now() - began };
      } finally {
        running.delete(child);
        for (const dir of [tally, temp]) rmSync(dir, { recursive: true, force: true });
      }
    },
    signal: (signal) => {
      for (const child of running) signalGroup(child, signal);
    },
  };
}

/** Open to all as /tmp is: as root, PostgreSQL runs as another user inside it. */
function makeTemp(): string {
  const dir = mkdtempSync(join(tmpdir(), 'aegisops-test-'));
  chmodSync(dir, 0o1777);
  return dir;
}

function start({
  root,
  file,
  temp,
  tally,
}: Record<'root' | 'file' | 'temp' | 'tally', string>): ChildProcess {
  // A runner around this one would be told of the tests instead of us.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...[`--test-reporter=${TALLY}`, `--test-reporter-destination=${tally}`],
  ];
  return spawn(process.execPath, ['--test', ...reporters, file], {
    cwd: root,
    // A newer npm keeps compiled code in the temporary folder, which has to be empty afterwards.
    env: { ...env, NODE_NO_WARNINGS: '1', NODE_DISABLE_COMPILE_CACHE: '1', TMPDIR: temp },
    detached: true, // a group of its own, so that what it starts ends with it
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface End {
  status: number | null;
  signal: NodeJS.Signals | null;
  late: boolean;
}

async function endOf(child: ChildProcess, limitMs: number): Promise<End> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    signalGroup(child, 'SIGKILL');
  }, limitMs);
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return { status, signal, late };
}

/** What lies in a folder once whoever sweeps there has had time to. A sweeper removes its folder last. */
async function leftIn(dir: string, sweepMs: number): Promise<string[]> {
  const deadline = performance.now() + sweepMs;
  let names = readdirSync(dir);
  while (names.length > 0 && performance.now() < deadline) {
    await sleep(POLL_MS);
    names = readdirSync(dir);
  }
  return names;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone meanwhile
  }
}

/** Undefined where the runner died before the tests had ended. */
function readCounts(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return undefined; // no file, or an empty one
  }
}

function sum(counts: Counts | undefined): { passed: number; failed: number; skipped: number } {
  if (!counts) return { passed: 0, failed: 0, skipped: 0 };
  const { passed, failed, cancelled, skipped, todo } = counts;
  return { passed, failed: failed + cancelled, skipped: skipped + todo };
}

function problemOf(counts: Counts | undefined, { status, signal, late }: End, left: string[]): string | null {
  const { passed, failed, skipped } = sum(counts);
  if (late) return 'it hung and was killed';
  if (signal) return `ended by ${signal}`;
  if (failed > 0) return `${failed} failed`;
  if (status !== 0) return `ended with status ${status}`;
  if (passed + skipped === 0) return 'holds no test';
  return left.length > 0 ? `left behind in its temporary folder: ${left.join(', ')}` : null;
}

/**
 * Runs instances as plain processes, each in its own process group, with no supervisor. Beside the inventory file
 * lie, for each instance, `<id>.unit.json` (how to start it) and `<id>.run` (the process that runs it).
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AegisError, wordsOf } from '../../errors.ts';
import { processInfo } from './process-table.ts';
import type { Runtime, RuntimeState } from './runtime.ts';

const Unit = z.object({
  command: z.array(z.string()).min(1),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  output: z.string(),
});
type Unit = z.infer<typeof Unit>;

/**
 * The shell that becomes the process. It first claims the start id (mkdir is atomic: a second start under the same id
 * ends here), and sees that the last start on record is still the one that its caller knows (else somebody started the
 * instance meanwhile, and two would run); then it records who it is and execs. So a process that runs is always on
 * record, whoever dies meanwhile.
 */
const STARTER = `
claim=$1; run=$2; id=$3; known=$4; shift 4
mkdir "$claim" 2>/dev/null || exit 0
last=; if read -r pid began rest 2>/dev/null < "$run"; then last="$pid:$began"; fi
[ "$last" = "$known" ] || exit 0
if read -r stat 2>/dev/null < "/proc/$$/stat"; then start=$(echo "\${stat##*) }" | cut -d ' ' -f 20)
else start=$(LC_ALL=C ps -o lstart= -p $$ | sed 's/ *$//' | tr -s ' ' '_'); fi
echo "$$ $start $id" > "$run.$$" && mv "$run.$$" "$run" && exec "$@"`;

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const POLL_MS = 20;
const KILL_WAIT_MS = 1_000;
const START_WAIT_MS = 1_000;

export interface ProcessRuntimeOptions {
  /** Folder of the inventory file. */
  dir: string;
  /** Time between SIGTERM and SIGKILL, in ms. */
  graceMs?: number;
}

export interface ProcessRuntime extends Runtime {
  /** Starts an instance that does not run; a start id is used once. Throws AEGIS_RUNTIME, also where it runs already. */
  start(instance: string, startId: string): Promise<RuntimeState>;
  /** Ends exactly the process that `state` describes; a process with another identity is left alone. */
  stop(state: RuntimeState): Promise<void>;
}

export function makeProcessRuntime({ dir, graceMs = 1_000 }: ProcessRuntimeOptions): ProcessRuntime {
  const fileOf = (instance: string, ending: string) => {
    if (!SAFE_NAME.test(instance)) throw new AegisError('AEGIS_RUNTIME', `"${instance}" is no instance name`);
    return join(dir, `${instance}.${ending}`);
  };

  async function inspect(instance: string): Promise<RuntimeState> {
    const record = await readRunRecord(fileOf(instance, 'run'));
    const unknown = { instance, pid: null, startedAt: null, identity: null, startId: null };
    if (!record) return { ...unknown, state: 'unknown', reason: 'no start of it is on record' };
    const info = await processInfo(record.pid);
    const identity = `${record.pid}:${record.start}`;
    const known = { instance, pid: record.pid, identity, startId: record.startId };
    return info?.start === record.start
      ? { ...known, state: 'running', startedAt: info.startedAt, reason: `process ${record.pid} runs` }
      : { ...known, state: 'exited', startedAt: null, reason: `process ${record.pid} is gone` };
  }

  /** @param known identity of the last start: another one on record means that somebody else was faster. */
  async function startAfter(instance: string, startId: string, known: string | null): Promise<RuntimeState> {
    const unit = await readUnit(fileOf(instance, 'unit.json'));
    const claims = fileOf(instance, 'starts');
    await mkdir(claims, { recursive: true });
    await spawnDetached(unit, [join(claims, startId), fileOf(instance, 'run'), startId, known ?? '']);
    const state = await waitFor(
      () => inspect(instance),
      (s) => s.startId === startId,
      START_WAIT_MS,
    );
    if (state.startId === startId) return state;
    const why =
      state.identity === known
        ? `left no start record within ${START_WAIT_MS} ms`
        : `was started by somebody else meanwhile: ${state.reason}`;
    throw new AegisError('AEGIS_RUNTIME', `${instance} ${why}`);
  }

  async function start(instance: string, startId: string): Promise<RuntimeState> {
    const now = await inspect(instance);
    if (now.state === 'running')
      throw new AegisError('AEGIS_RUNTIME', `${instance} runs already: ${now.reason}`);
    return startAfter(instance, startId, now.identity);
  }

  async function stop(before: RuntimeState): Promise<void> {
    const sameRuns = async () => {
      const info = before.pid === null ? null : await processInfo(before.pid);
      return info !== null && `${before.pid}:${info.start}` === before.identity;
    };
    for (const [signal, wait] of [
      ['SIGTERM', graceMs],
      ['SIGKILL', KILL_WAIT_MS],
    ] as const) {
      if (before.pid === null || !(await sameRuns())) return;
      signalGroup(before.pid, signal);
      if (!(await waitFor(sameRuns, (runs) => !runs, wait))) return;
    }
    throw new AegisError('AEGIS_RUNTIME', `process ${before.pid} of ${before.instance} outlived SIGKILL`);
  }

  return {
    name: 'process',
    callTimeoutMs: graceMs + KILL_WAIT_MS + START_WAIT_MS + 500,
    inspect,
    start,
    stop,
    async restart(instance, before, startId, signal) {
      await readUnit(fileOf(instance, 'unit.json')); // what cannot be started again is not stopped
      signal.throwIfAborted();
      await stop(before);
      signal.throwIfAborted();
      return startAfter(instance, startId, before.identity);
    },
    tail: async (instance, chars) =>
      tailOfFile((await readUnit(fileOf(instance, 'unit.json'))).output, chars),
  };
}

async function readUnit(path: string): Promise<Unit> {
  try {
    return Unit.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const words = error instanceof z.ZodError ? z.prettifyError(error) : wordsOf(error);
    throw new AegisError('AEGIS_RUNTIME', `unit file ${path}: ${words}`, { cause: error });
  }
}

async function readRunRecord(path: string): Promise<{ pid: number; start: string; startId: string } | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new AegisError('AEGIS_RUNTIME', `start record ${path}: ${wordsOf(error)}`, { cause: error });
  });
  const match = /^(\d+) (\S+) (\S+)$/.exec(text.trim());
  return match?.[2] && match[3] ? { pid: Number(match[1]), start: match[2], startId: match[3] } : null;
}

async function spawnDetached(unit: Unit, claim: string[]): Promise<void> {
  await mkdir(dirname(unit.output), { recursive: true });
  const output = openSync(unit.output, 'a');
  try {
    const child = spawn('/bin/sh', ['-c', STARTER, 'start', ...claim, ...unit.command], {
      cwd: unit.cwd,
      env: unit.env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
  } catch (error) {
    throw new AegisError('AEGIS_RUNTIME', `cannot start in ${unit.cwd}: ${wordsOf(error)}`, { cause: error });
  } finally {
    closeSync(output);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone meanwhile is what we wanted
  }
}

async function waitFor<T>(read: () => Promise<T>, done: (value: T) => boolean, ms: number): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await read();
    if (done(value) || performance.now() >= deadline) return value;
    await sleep(POLL_MS);
  }
}

async function tailOfFile(path: string, chars: number): Promise<string> {
  const file = await open(path).catch(() => null); // no output yet is an empty output
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, chars * 4); // UTF-8: at most four bytes a character
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').slice(-chars);
  } finally {
    await file.close();
  }
}

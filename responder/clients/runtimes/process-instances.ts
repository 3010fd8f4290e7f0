/** Instances as processes, one by one: look, start, end, replace. Every start and end of an instance holds its lock. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AegisError } from '../../errors.ts';
import { withLock } from './process-lock.ts';
import { readRunRecord, signalGroup, spawnDetached, tailOfFile } from './process-run.ts';
import { processInfo } from './process-table.ts';
import { expand, readUnit } from './process-unit.ts';
import { waitFor } from './process-wait.ts';
import type { RuntimeState } from './runtime.ts';

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const KILL_WAIT_MS = 1_000;
export const START_WAIT_MS = 1_000;
/** So long somebody else may hold what we want. */
export const LOCK_WAIT_MS = 1_500;

export interface Instances {
  /** Path of one of an instance's files. Throws AEGIS_RUNTIME for a name that would leave the folder. */
  fileOf(instance: string, ending: Ending): string;
  /** Path of the claim of a start id. */
  claimOf(instance: string, startId: string): string;
  /** Holds the lock of an instance. Throws AEGIS_RUNTIME where a living process holds it for too long. */
  locked<T>(instance: string, work: () => Promise<T>, waitMs?: number): Promise<T>;
  inspect(instance: string): Promise<RuntimeState>;
  /** Starts what the unit file says. `known`: identity of the last start; another one on record means that somebody was faster. */
  startAfter(instance: string, startId: string, known: string | null): Promise<RuntimeState>;
  /** Ends exactly the process that `state` describes; a process with another identity is left alone. */
  stop(state: RuntimeState): Promise<void>;
  /**
   * Ends the process of `before` and starts the instance under `startId`, with `prepare` in between, under its lock.
   * Done already under this `startId`: nothing happens. Throws AEGIS_RUNTIME, before anything is ended where somebody
   * else started it since.
   */
  replace(
    before: RuntimeState,
    startId: string,
    signal: AbortSignal,
    prepare?: () => Promise<void>,
  ): Promise<RuntimeState>;
  tail(instance: string, chars: number): Promise<string>;
}
export type Ending = 'unit.json' | 'releases.json' | 'run' | 'starts' | 'lock';

export function makeInstances({ dir, graceMs }: { dir: string; graceMs: number }): Instances {
  const fileOf = (instance: string, ending: Ending) => join(dir, `${named(instance, 'instance')}.${ending}`);
  const claimOf = (instance: string, startId: string) =>
    join(fileOf(instance, 'starts'), named(startId, 'start'));

  async function inspect(instance: string): Promise<RuntimeState> {
    const record = await readRunRecord(fileOf(instance, 'run'));
    const nothing = { startedAt: null, cpuSeconds: null };
    if (!record) {
      const unknown = { pid: null, identity: null, startId: null, version: null };
      return { instance, ...unknown, ...nothing, state: 'unknown', reason: 'no start of it is on record' };
    }
    const { pid, start, startId, version } = record;
    const info = await processInfo(pid);
    const known = { instance, pid, identity: `${pid}:${start}`, startId, version };
    if (info?.start !== start)
      return { ...known, ...nothing, state: 'exited', reason: `process ${pid} is gone` };
    const { startedAt, cpuSeconds } = info;
    return { ...known, startedAt, cpuSeconds, state: 'running', reason: `process ${pid} runs` };
  }

  const startAfter: Instances['startAfter'] = async (instance, startId, known) => {
    const unit = expand(await readUnit(fileOf(instance, 'unit.json')), instance);
    const claim = claimOf(instance, startId);
    await mkdir(fileOf(instance, 'starts'), { recursive: true });
    await spawnDetached(unit, { claim, run: fileOf(instance, 'run'), startId, known: known ?? '' });
    const state = await waitFor(
      () => inspect(instance),
      (s) => s.startId === startId,
      START_WAIT_MS,
    );
    if (state.startId === startId) return state;
    if (state.identity === known)
      throw refusal(`${instance} left no start record within ${START_WAIT_MS} ms`);
    throw startedSince(state);
  };

  const stop: Instances['stop'] = async (before) => {
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
    throw refusal(`process ${before.pid} of ${before.instance} outlived SIGKILL`);
  };

  const locked: Instances['locked'] = (instance, work, waitMs = LOCK_WAIT_MS) =>
    withLock(fileOf(instance, 'lock'), waitMs, work);

  return {
    ...{ fileOf, claimOf, locked, inspect, startAfter, stop },
    replace: (before, startId, signal, prepare) =>
      locked(before.instance, async () => {
        const now = await inspect(before.instance);
        if (now.startId === startId) return now;
        if (now.identity !== before.identity) throw startedSince(now);
        signal.throwIfAborted();
        await stop(before);
        signal.throwIfAborted();
        await prepare?.();
        return startAfter(before.instance, startId, before.identity);
      }),
    async tail(instance, chars) {
      const { output } = expand(await readUnit(fileOf(instance, 'unit.json')), instance);
      return tailOfFile(output, chars);
    },
  };
}

export function refusal(words: string): AegisError {
  return new AegisError('AEGIS_RUNTIME', words);
}

function startedSince({ instance, reason }: RuntimeState): AegisError {
  return refusal(`${instance} was started by somebody else meanwhile: ${reason}`);
}

/** A name becomes a file's. */
function named(name: string, what: string): string {
  if (!SAFE_NAME.test(name)) throw refusal(`"${name}" is no ${what} name`);
  return name;
}

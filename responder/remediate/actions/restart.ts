/** RESTART: the process ends and the same release starts anew. There is nothing to undo: the old process is gone. */
import type { Runtime, RuntimeState } from '../../clients/runtimes/runtime.ts';

export interface Precheck {
  ok: boolean;
  reason: string;
}

/** @param seen state of the instance when the evidence was gathered, if it was. */
export function precheck(now: RuntimeState, seen: RuntimeState | null): Precheck {
  if (now.state === 'unknown')
    return { ok: false, reason: `the state of ${now.instance} cannot be told: ${now.reason}` };
  if (seen && seen.identity !== now.identity)
    return { ok: false, reason: `${now.instance} was started anew since the evidence was gathered` };
  return { ok: true, reason: now.reason };
}

export function run(
  runtime: Runtime,
  before: RuntimeState,
  startId: string,
  signal: AbortSignal,
): Promise<RuntimeState> {
  return runtime.restart(before.instance, before, startId, signal);
}

/** After a crash: was the call made? `cannot tell` is an answer. */
export function wasDone(
  before: RuntimeState,
  now: RuntimeState,
  startId: string,
): 'done' | 'not done' | 'cannot tell' {
  if (now.startId === startId) return now.state === 'running' ? 'done' : 'cannot tell';
  return now.identity === before.identity ? 'not done' : 'cannot tell';
}

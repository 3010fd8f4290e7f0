/** What every action can do with a runtime. Each call is conditional, and may be made again after a crash. */
import type { Runtime, RuntimeState } from '../clients/runtimes/runtime.ts';
import type { ActionRecord, BeforePicture, InstanceState, Target } from '../incident/incident.ts';
import type { PlannedAction } from '../incident/verdict.ts';

/** The picture before the call, and what it is done to, in words; or why it cannot be done. */
export type Prepared = { instance: string; before: Omit<BeforePicture, 'lastOutput'> } | { refused: string };

export interface Task {
  planned: PlannedAction;
  target: Target;
  /** States of the instances when the evidence was gathered. */
  seen: InstanceState[];
}

/**
 * `done` and `not done` are certain. `half`: some of the call was made, and making it again finishes it. `cannot tell` is an
 * answer too.
 */
export type WasDone = 'done' | 'not done' | 'half' | 'cannot tell';

export interface Operation {
  prepare(runtime: Runtime, task: Task): Promise<Prepared>;
  /** Makes the call, under the id of the intent. @param renew called before each part of it; throws when the lease is lost. */
  run(
    runtime: Runtime,
    intent: ActionRecord,
    signal: AbortSignal,
    renew: () => Promise<void>,
  ): Promise<RuntimeState[]>;
  /** Pure: what became of a call whose caller crashed. `now` are the states of the instances of the picture. */
  wasDone(intent: ActionRecord, now: InstanceState[]): WasDone;
  /** Puts back what was. May be called again and again; null where there is nothing to put back. @returns what was done, in words. */
  undo: ((runtime: Runtime, action: ActionRecord, signal: AbortSignal) => Promise<string>) | null;
}

/** A crash loop starts the same release again and again; one that runs another release than was looked at is left alone. */
export function unfitToRoll(now: RuntimeState, seen: InstanceState[]): string | null {
  if (now.state === 'unknown') return unfit(now, seen);
  const then = seen.find((state) => state.instance === now.instance);
  return then && then.version !== now.version
    ? `${now.instance} runs ${now.version ?? 'an unknown release'} now; the evidence was of ${then.version ?? 'another'}`
    : null;
}

/** An instance whose state cannot be told, or that is another process than the one that was looked at, is left alone. */
export function unfit(now: RuntimeState, seen: InstanceState[]): string | null {
  if (now.state === 'unknown') return `the state of ${now.instance} cannot be told: ${now.reason}`;
  const then = seen.find((state) => state.instance === now.instance);
  return then && then.identity !== now.identity
    ? `${now.instance} was started anew since the evidence was gathered`
    : null;
}

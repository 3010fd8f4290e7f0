/** What ended, and why, out of the engine's events. */
import type { EngineEvent } from './docker-engine.ts';
import { ENABLE, isOurs, type Protection, serviceOf } from './docker-labels.ts';
import { parseName } from './docker-names.ts';

/** One end of a container's process. */
export interface Exit {
  target: string;
  instance: string;
  /** The same for every replica that hears of it. */
  key: string;
  /** ISO 8601. */
  at: string;
  exitCode: number | null;
  oomKilled: boolean;
  /** Somebody asked for it (stop, restart, a signal other than KILL): no crash. */
  requested: boolean;
  /** How long it had been running, in ms; null where its start was not seen. */
  livedMs: number | null;
}

/** The engine tells of a kill for memory before or after the end that it causes, within so many nanoseconds. */
const OOM_NANOS = 5e9;

/**
 * @returns takes one event after the other, gives the exit that it tells of or null. An exit that turns out to have been a
 *   kill for memory is given again, under the same key.
 */
export function makeExitReader(ours: Pick<Protection, 'filter'>): (event: EngineEvent) => Exit | null {
  const asked = new Set<string>();
  const startedAt = new Map<string, number>();
  const oomAt = new Map<string, number>();
  const last = new Map<string, { exit: Exit; timeNano: number }>();
  const forget = (id: string) => {
    asked.delete(id);
    for (const memory of [startedAt, oomAt, last]) memory.delete(id);
  };

  return (event) => {
    const { action, id, attributes, timeNano } = event;
    const { instance, role } = parseName(attributes.name ?? '');
    if (attributes[ENABLE] === undefined || role !== 'serving' || !isOurs(attributes, ours)) return null;
    if (action === 'start') {
      asked.delete(id);
      last.delete(id);
      startedAt.set(id, timeNano);
    }
    // SIGKILL is how the impatient and the failing end a process; every other signal is a request.
    if (action === 'kill' && attributes.signal !== '9') asked.add(id);
    if (action === 'destroy') forget(id);
    if (action === 'oom') {
      oomAt.set(id, timeNano);
      const before = last.get(id);
      if (!before || before.exit.oomKilled || timeNano - before.timeNano > OOM_NANOS) return null;
      before.exit = { ...before.exit, oomKilled: true };
      return before.exit;
    }
    if (action !== 'die') return null;
    const began = startedAt.get(id);
    const exitCode = Number(attributes.exitCode);
    const exit: Exit = {
      target: serviceOf(instance, attributes),
      instance,
      key: `${id}@${timeNano}`,
      at: new Date(timeNano / 1e6).toISOString(),
      exitCode: Number.isInteger(exitCode) && attributes.exitCode !== undefined ? exitCode : null,
      oomKilled: timeNano - (oomAt.get(id) ?? Number.NEGATIVE_INFINITY) <= OOM_NANOS,
      requested: asked.has(id),
      livedMs: began === undefined ? null : Math.round((timeNano - began) / 1e6),
    };
    last.set(id, { exit, timeNano });
    return exit;
  };
}

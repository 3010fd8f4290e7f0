/**
 * Runs instances as plain processes, each in its own process group, with no supervisor. Beside the inventory file lie,
 * for each instance, `<id>.unit.json` (how to start it), `<id>.run` (the process that runs it), `<id>.starts` (start
 * ids that were used) and `<id>.releases.json` (what ran before).
 */
import { join } from 'node:path';
import { nextInstance } from './process-copy.ts';
import { KILL_WAIT_MS, LOCK_WAIT_MS, makeInstances, refusal, START_WAIT_MS } from './process-instances.ts';
import { makePlace } from './process-place.ts';
import { changedRelease, putRelease, readReleases, releaseFor, type UnitChange } from './process-releases.ts';
import { scaleDown } from './process-scale-down.ts';
import { HEALTH_WAIT_MS, scaleUp } from './process-scale-up.ts';
import { expand, readUnit, type Unit, writeUnit } from './process-unit.ts';
import type { Runtime, RuntimeState } from './runtime.ts';

/** For what is done between the waits, on a busy machine. */
const MARGIN_MS = 500;

export interface ProcessRuntimeOptions {
  /** Folder of the inventory file. */
  dir: string;
  /** The inventory file, which `scaleUp` and `scaleDown` change: `inventory.json` in `dir`. */
  inventoryFile?: string;
  /** Time between SIGTERM and SIGKILL, in ms. */
  graceMs?: number;
  /** Time that requests under way get before `scaleDown` ends their instance, in ms. */
  drainMs?: number;
  clock?: () => Date;
}

export interface ProcessRuntime extends Runtime {
  /** Writes the unit file of an instance. */
  define(instance: string, unit: Unit): Promise<void>;
  /** Starts an instance that does not run; a start id is used once. Throws AEGIS_RUNTIME, also where it runs already. */
  start(instance: string, startId: string): Promise<RuntimeState>;
  /** Ends exactly the process that `state` describes; a process with another identity is left alone. */
  stop(state: RuntimeState): Promise<void>;
  /**
   * Puts a new release in place, made from the present unit, and starts it; an instance that does not run is started.
   * `by` goes on record. Doing it again under the same `startId` finishes what is missing. Throws AEGIS_RUNTIME.
   */
  deploy(instance: string, change: UnitChange, startId: string, by: string): Promise<RuntimeState>;
}

export function makeProcessRuntime({
  dir,
  inventoryFile = join(dir, 'inventory.json'),
  graceMs = 1_000,
  drainMs = 15_000,
  clock = () => new Date(),
}: ProcessRuntimeOptions): ProcessRuntime {
  const instances = makeInstances({ dir, graceMs });
  const { fileOf, inspect, locked, replace, startAfter, stop, tail } = instances;
  const place = makePlace(dir, inventoryFile, instances);
  const replaceMs = LOCK_WAIT_MS + graceMs + KILL_WAIT_MS + START_WAIT_MS;
  const scaleUpMs = LOCK_WAIT_MS + START_WAIT_MS + HEALTH_WAIT_MS + LOCK_WAIT_MS;

  return {
    name: 'process',
    callTimeoutMs: Math.max(replaceMs, scaleUpMs) + MARGIN_MS,
    scaleDownTimeoutMs: drainMs + START_WAIT_MS + 2 * (2 * LOCK_WAIT_MS + graceMs + KILL_WAIT_MS) + MARGIN_MS,
    ...{ inspect, stop, tail },
    proved: async () => undefined, // its record of what ran is all that is kept
    toLast: () => null,
    nextInstance: (like) => nextInstance(place, like),
    scaleUp: (like, instance, startId, signal) => scaleUp(place, like, instance, startId, signal),
    scaleDown: (instance, startId, signal) => scaleDown(place, instance, startId, drainMs, signal),
    define: (instance, unit) => writeUnit(fileOf(instance, 'unit.json'), unit),
    start: (instance, startId) =>
      locked(instance, async () => {
        const now = await inspect(instance);
        if (now.state === 'running') throw refusal(`${instance} runs already: ${now.reason}`);
        return startAfter(instance, startId, now.identity);
      }),
    async restart(instance, before, startId, signal) {
      expand(await readUnit(fileOf(instance, 'unit.json')), instance); // what cannot be started again is not stopped
      return replace({ ...before, instance }, startId, signal);
    },
    async releases(instance) {
      const entries = await readReleases(instances, instance);
      return entries.map(({ version, at, by }) => ({ version, at, by }));
    },
    async roll(instance, before, version, startId, signal) {
      const release = await releaseFor(instances, instance, version, startId);
      return replace({ ...before, instance }, startId, signal, () =>
        putRelease(instances, instance, release, { startId, by: startId, now: clock() }),
      );
    },
    async deploy(instance, change, startId, by) {
      const release = await changedRelease(instances, instance, change);
      return replace(await inspect(instance), startId, new AbortController().signal, () =>
        putRelease(instances, instance, release, { startId, by, now: clock() }),
      );
    },
  };
}

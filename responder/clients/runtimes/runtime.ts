/** What every runtime can do. Calls are conditional: on an identity that must still hold, on a start id used once. */

/** State of one instance; `identity` changes when, and only when, the instance is started anew. */
export interface RuntimeState {
  instance: string;
  state: 'running' | 'exited' | 'unknown';
  pid: number | null;
  startedAt: string | null;
  identity: string | null;
  /** The intent that started it, where one did. */
  startId: string | null;
  /** Release that it runs, where the runtime knows. */
  version: string | null;
  /** CPU time that it has used since its start, in seconds; null where it does not run or nobody can tell. */
  cpuSeconds: number | null;
  /** CPU cores in use just now, where the runtime measures that itself; undefined: two looks at `cpuSeconds` tell. */
  cores?: number | null;
  reason: string;
}

/** One entry of the record of what ran. */
export interface Release {
  version: string;
  /** When it was put there, ISO 8601. */
  at: string;
  /** Who put it there, for people: `deploy`, or the id of our own intent. */
  by: string;
}

export interface Runtime {
  name: string;
  /** Longest time that one call on one instance may take before its outcome must be treated as unknown, in ms. */
  callTimeoutMs: number;
  inspect(instance: string): Promise<RuntimeState>;
  /**
   * Ends the process that `before` describes (and no other) and starts the instance anew under `startId`.
   * Doing it twice with one `startId` starts one process. Throws AEGIS_RUNTIME.
   */
  restart(
    instance: string,
    before: RuntimeState,
    startId: string,
    signal: AbortSignal,
  ): Promise<RuntimeState>;
  /** What ran as this instance, oldest first; the last one is what it runs now. Empty where there is no record. */
  releases(instance: string): Promise<Release[]>;
  /**
   * As `restart`, but with the release `version` of the record of what ran, from then on. The entry that it adds to the
   * record is marked by `startId`, so that doing it twice adds one. Throws AEGIS_RUNTIME where the record has no such release.
   */
  roll(
    instance: string,
    before: RuntimeState,
    version: string,
    startId: string,
    signal: AbortSignal,
  ): Promise<RuntimeState>;
  /** What was done to the instance under `startId` has proved itself: whatever was kept to go back to may go. Throws AEGIS_RUNTIME. */
  proved(instance: string, startId: string): Promise<void>;
  /** What a person has to do so that a roll back to `version` lasts; null where nothing would undo it. */
  toLast(version: string): string | null;
  /** Name of the instance that `scaleUp` would add to the service of `like`. Throws AEGIS_RUNTIME where it cannot be copied. */
  nextInstance(like: string): Promise<string>;
  /**
   * Starts `instance`, made as `like` is but for its name and ports, under `startId`, and lists it in the inventory once it
   * answers. Doing it again under the same `startId` finishes what is missing. Throws AEGIS_RUNTIME.
   */
  scaleUp(like: string, instance: string, startId: string, signal: AbortSignal): Promise<RuntimeState>;
  /** Takes an instance that `startId` added out of the inventory, lets requests under way end, then ends it. Done already: nothing happens. */
  scaleDown(instance: string, startId: string, signal: AbortSignal): Promise<void>;
  /** Longest time of `scaleDown`, in ms. */
  scaleDownTimeoutMs: number;
  /** Last output of the instance, at most `chars` characters; '' where there is none. */
  tail(instance: string, chars: number): Promise<string>;
}

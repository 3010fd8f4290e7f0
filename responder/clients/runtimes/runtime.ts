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
  reason: string;
}

export interface Runtime {
  name: string;
  /** Longest time a `restart` may take before the caller must treat its outcome as unknown, in ms. */
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
  /** Last output of the instance, at most `chars` characters; '' where there is none. */
  tail(instance: string, chars: number): Promise<string>;
}

/** One way to break the shop for real. A fault is one file of this folder, listed in faults.ts. */
import type { Pool } from '../database.ts';
import type { Log } from '../log.ts';
import type { Memory } from '../memory.ts';

export interface Fault {
  /** The word for it in log lines and answers, e.g. `memory`. */
  name: string;
  /** Path that starts it, e.g. `/trigger_memory`. */
  trigger: string;
  /** Starts it and returns at once with what will happen; while it is on, starting again changes nothing. Throws a Problem where it cannot start. */
  start(): string;
  /** Called when the trigger's answer has left; for a fault after which nothing can be answered any more. */
  afterAnswer?(): void;
  /** Ends it and gives back all it took. Harmless when it is off. */
  stop(): void;
}

/** What a fault may break. */
export interface FaultContext {
  log: Log;
  memory: Memory;
  pool: Pool;
  /** How long a leak takes from the trigger to 120 % of the memory limit, in seconds. */
  leakSeconds?: number | undefined;
}

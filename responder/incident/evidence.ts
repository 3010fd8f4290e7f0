/** What is read about a failing target: plain JSON, each item with the query that reproduces it. */
import type { Action, Category } from './vocabulary.ts';

/** State of one instance as its runtime sees it. `startId` is the intent that started it, where one did. */
export interface InstanceState {
  instance: string;
  state: 'running' | 'exited' | 'unknown';
  pid: number | null;
  startedAt: string | null;
  /** Runtime's own identity of this very start: changes when, and only when, the instance is started anew. */
  identity: string | null;
  startId: string | null;
  /** Release that it runs, where its runtime knows. */
  version: string | null;
  /** CPU time that it has used since its start, in seconds; null where it does not run or nobody can tell. */
  cpuSeconds: number | null;
  reason: string;
}

/** Something that was done to a target from outside: a deploy, a changed configuration, another number of instances. */
export interface ChangeData {
  at: string;
  kind: 'deploy' | 'config' | 'scale';
  target: string;
  instance: string | null;
  from: string | null;
  to: string;
  /** Who made it, as the record of what ran has it. */
  by: string | null;
  summary: string;
}

/** A session that others wait for, at the root of its queue. */
export interface Blocker {
  pid: number;
  /** The target that it belongs to by its `application_name`; null: somebody else's. */
  service: string | null;
  instance: string | null;
  application: string;
  user: string;
  /** As in pg_stat_activity, e.g. `idle in transaction`. */
  state: string;
  /** Age of its transaction in seconds. */
  age_s: number;
  query: string;
  /** How many sessions of the target wait for it, directly or in a queue. */
  waiting: number;
}
export interface DatabaseData {
  /** Sessions of the target that wait for a lock. */
  waiting: number;
  /** Sessions of the target by state, e.g. `{"active": 3, "idle in transaction": 1}`. */
  sessions: Record<string, number>;
  blockers: Blocker[];
}

export interface SignalData {
  name: string;
  unit: 'ratio' | 'seconds' | '1/s' | 'count' | 'bytes';
  instance: string | null;
  /** What is usual, where whoever measured it says so. */
  baseline?: number | null;
  /** [epoch seconds, value], oldest first. */
  series: [number, number][];
}
/** Lines of the log that differ in their variable parts only. */
export interface LogPattern {
  /** The line with `<*>` where it varies; of a stack trace its first line, and the trace whole in `example`. */
  template: string;
  /** The newest line of it, as it was written. */
  example: string;
  /** The gravest of them: fatal, error, warn, info, debug, trace or unspecified. */
  severity: string;
  /** Null where the lines do not say whose they are. */
  service: string | null;
  count: number;
  /** ISO 8601; null where no line of it tells its time. */
  first: string | null;
  last: string | null;
  /** How many came before and since what the onset is held to be; null where none is known. */
  before: number | null;
  since: number | null;
  /** Somebody's words that speak to the reader instead of telling what happened: shown, and of no weight. */
  flags: string[];
}
/** What an outside case tells of the container or pod. */
export interface ContainerFacts {
  /** In the words of whoever runs it: running, exited, waiting, CrashLoopBackOff, Pending, ... */
  state: string;
  exitCode: number | null;
  oomKilled: boolean | null;
  restarts: number | null;
}
export interface LogLine {
  timestamp: string;
  severity: string;
  message: string;
  service: string;
}
export interface DependencyData {
  name: string;
  healthy: boolean;
  latency_ms: number | null;
}
export interface RunbookEntry {
  signature: string;
  action: Action;
  category: Category;
  target: string;
  succeeded: number;
  failed: number;
  note: string;
  lastSeen: string;
  /** What the counts are worth today, since a lesson counts half after each half-life; left out where nobody knows its age. */
  recent?: { succeeded: number; failed: number };
  /** How alike it is to what it was recalled for, in words. */
  match?: string;
}

/** How an instance ended, as its runtime told it. */
export interface ExitData {
  instance: string;
  at: string;
  /** Null where only the kill for memory is known. */
  exitCode: number | null;
  /** The kernel killed it, or a process in it, for its memory limit. */
  oomKilled: boolean;
  /** Somebody asked for it (a stop, a kill, our own restart): no crash. */
  requested: boolean;
  /** How long it had run, in ms, where that is known. */
  livedMs: number | null;
}

/** What one source found, still without its number. */
export interface Finding {
  source: string;
  /** What reproduces the reading: a PromQL expression, a URL, a query. */
  query: string;
  /** When the reading was true. */
  at: string;
  /** Silence and failure are evidence too. */
  status: 'ok' | 'no_data' | 'error';
  /** One plain sentence. */
  reading: string;
  data: EvidenceData;
}
export type EvidenceData =
  | {
      kind: 'alert';
      expression: string | null;
      holds: boolean | null;
      value: number | null;
      /** What the rule that holds is about, where it says so. */
      objective?: { sli: string; threshold: number };
      /** How long the expression may hold on after a recovery, in seconds; left out where it looks at now only. */
      windowSeconds?: number;
    }
  | { kind: 'signal'; signal: SignalData | null }
  /** `cores`: CPU cores that it used while the evidence was gathered; null where that cannot be told. */
  | {
      kind: 'container';
      container: InstanceState | null;
      cores?: number | null;
      facts?: ContainerFacts;
    }
  | { kind: 'change'; change: ChangeData | null }
  /** Of the last hour, newest first; `omitted`: so many older ones of that hour are not listed. */
  | { kind: 'exit'; exits: ExitData[]; omitted: number }
  | { kind: 'database'; database: DatabaseData | null }
  | { kind: 'health'; instance: string; healthy: boolean; status: number | null; version: string | null }
  /** `instance`: the one that sees it so; left out where nobody says who looked. */
  | { kind: 'dependency'; dependency: DependencyData | null; instance?: string }
  | { kind: 'logs'; lines: LogLine[] }
  /** The lines of all sources put together, the most telling first. */
  | { kind: 'patterns'; patterns: LogPattern[]; omitted: number }
  | { kind: 'runbook'; entry: RunbookEntry | null }
  | { kind: 'failure' };
/** A finding with its number: `E1`, `E2`, ... in the order of gathering. */
export type Evidence = Finding & { id: string };

/** How signals went on after they were evidence, read when the incident ended: for the eye, not for any decision. */
export interface Aftermath {
  /** Whole, from before the onset to then; only of evidence whose series could be read again. */
  series: { evidence: string; series: SignalData['series'] }[];
  /** Why some or all of it could not be read. */
  problem: string | null;
}

/** Gives findings their numbers. */
export function enumerate(findings: Finding[]): Evidence[] {
  return findings.map((finding, i) => ({ ...finding, id: `E${i + 1}` }));
}

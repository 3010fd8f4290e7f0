/**
 * The evidence bundle, version 1: one form for what is exported of an incident and for cases from elsewhere. A missing
 * section was not looked at, an empty one was looked at and nothing was found. Unknown fields are ignored. What only our
 * own export has (`readings`, `read`, `instances`, ...) is read back when it is there, so that nothing is lost on the way.
 */
import { z } from 'zod';
import { AegisError, wordsOf } from '../errors.ts';
import {
  count,
  flag,
  ifThere,
  labels,
  list,
  maybe,
  maybeTime,
  name,
  number,
  oneOf,
  record,
  series,
  tellPath,
  text,
  time,
} from './bundle-fields.ts';
import { ACTIONS, CATEGORIES } from './vocabulary.ts';

export const TARGET_KINDS = ['container', 'deployment', 'database', 'node', 'job', 'other'] as const;
export const UNITS = ['ratio', 'seconds', '1/s', 'count', 'bytes'] as const;
export const CHANGE_KINDS = ['deploy', 'config', 'scale'] as const;

/** Ours: by what an item was read, when, and in which words. */
const Read = record({ source: text, query: text, at: time, reading: text });
const read = ifThere(Read);

const alertFields = {
  name,
  severity: maybe(text),
  summary: maybe(text),
  startsAt: maybeTime,
  labels,
};
/** Ours: what the alert's own expression gave when it was read again. */
const AlertReading = record({
  status: oneOf(['ok', 'no_data']),
  expression: maybe(text),
  holds: maybe(flag),
  value: maybe(number),
  objective: ifThere(record({ sli: text, threshold: number })),
  windowSeconds: ifThere(number),
  read: Read,
});

/** Without a unit the name is all there is to go by. */
const Signal = record({
  name,
  unit: ifThere(oneOf(UNITS)),
  baseline: maybe(number),
  series,
  instance: maybe(text),
  read,
}).transform(({ unit, ...rest }) => ({
  ...rest,
  unit: unit ?? (/ratio|utilization/.test(rest.name) ? ('ratio' as const) : ('count' as const)),
}));

const LogLine = record({
  timestamp: maybeTime,
  severity: maybe(text),
  message: text,
  service: maybe(text),
  /** Ours: where the line was read. */
  query: maybe(text),
});

const Change = record({
  timestamp: time,
  kind: maybe(oneOf(CHANGE_KINDS)),
  target: maybe(text),
  from: maybe(text),
  to: maybe(text),
  summary: maybe(text),
  instance: maybe(text),
  by: maybe(text),
  read,
});

const Container = record({
  state: maybe(text),
  exitCode: maybe(number),
  oomKilled: maybe(flag),
  restarts: maybe(count),
  startedAt: maybeTime,
});
/** Ours: each instance as its runtime sees it. */
const InstanceItem = record({
  instance: name,
  state: oneOf(['running', 'exited', 'unknown']),
  pid: maybe(number),
  startedAt: maybeTime,
  identity: maybe(text),
  startId: maybe(text),
  version: maybe(text),
  cpuSeconds: maybe(number),
  reason: text,
  cores: ifThere(number),
  read,
});
const Exit = record({
  instance: name,
  at: time,
  exitCode: maybe(number),
  oomKilled: flag,
  requested: flag,
  livedMs: maybe(number),
});
const Health = record({
  instance: name,
  healthy: flag,
  status: maybe(number),
  version: maybe(text),
  read,
});

const Dependency = record({ name, healthy: flag, latency_ms: maybe(number), read });

const Blocker = record({
  service: maybe(text),
  state: maybe(text),
  age_s: maybe(number),
  query: maybe(text),
  pid: maybe(number),
  instance: maybe(text),
  application: maybe(text),
  user: maybe(text),
  waiting: maybe(count),
});
const Database = record({
  waiting: maybe(count),
  blockers: maybe(list(Blocker)),
  sessions: ifThere(z.record(z.string(), count, { error: 'must be an object' })),
  read,
});

const RunbookItem = record({
  signature: maybe(text),
  /** Somebody's word: where it is no action of ours, nothing was done that we could do. */
  action: maybe(text).transform((word) => ACTIONS.find((action) => action === word) ?? 'NOOP'),
  succeeded: maybe(count),
  failed: maybe(count),
  note: maybe(text),
  category: ifThere(oneOf(CATEGORIES)),
  target: maybe(text),
  lastSeen: maybeTime,
  recent: ifThere(record({ succeeded: count, failed: count })),
  match: ifThere(text),
  read,
});

/** Ours: the lines of the log by their patterns. */
const Pattern = record({
  template: text,
  example: text,
  severity: text,
  service: maybe(text),
  count,
  first: maybe(text),
  last: maybe(text),
  before: maybe(number),
  since: maybe(number),
  flags: list(text),
});
/** Ours: a source that failed, or had nothing to say. */
const Failure = record({ status: oneOf(['no_data', 'error']), read: Read });

export const Bundle = record({
  version: z.literal(1, { error: 'must be 1' }),
  alert: record({ ...alertFields, target: maybe(text), readings: ifThere(list(AlertReading)) }),
  target: ifThere(
    record({
      name: maybe(text),
      kind: maybe(oneOf(TARGET_KINDS)),
      version: maybe(text),
      replicas: maybe(count),
    }),
  ),
  signals: ifThere(list(Signal)),
  logs: ifThere(list(LogLine)),
  changes: ifThere(list(Change)),
  container: ifThere(Container),
  dependencies: ifThere(list(Dependency)),
  database: ifThere(Database),
  runbook: ifThere(list(RunbookItem)),
  /** Ours from here on: when it was gathered, its other alerts, and what the form above has no place for. */
  gatheredAt: maybeTime,
  alerts: ifThere(list(record(alertFields))),
  tried: ifThere(list(record({ action: oneOf(ACTIONS), instance: text }))),
  instances: ifThere(list(InstanceItem)),
  exits: ifThere(record({ list: list(Exit), omitted: count, read })),
  health: ifThere(list(Health)),
  patterns: ifThere(list(record({ patterns: list(Pattern), omitted: count, read }))),
  failures: ifThere(list(Failure)),
}).meta({ id: 'Bundle', description: 'An evidence bundle, version 1.' });

/** As read: every optional field null where it is not told, a section undefined where it was not looked at. */
export type Bundle = z.output<typeof Bundle>;
/** As written. */
export type BundleText = z.input<typeof Bundle>;
export type ReadBy = z.output<typeof Read>;

/** Throws AEGIS_BODY_UNREADABLE with the field that is wrong, as in `signals[0].series[1][1]`. */
export function parseBundle(text: string): Bundle {
  return readBundle(jsonOf(text));
}

/** The same for what is no text any more. */
export function readBundle(given: unknown): Bundle {
  const parsed = Bundle.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = tellPath(issue?.path ?? []) || 'the bundle';
  throw new AegisError('AEGIS_BODY_UNREADABLE', `${field} ${issue?.message}`, { field });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const field = 'the bundle';
    const words = wordsOf(error).replaceAll(/\s+/g, ' ');
    throw new AegisError('AEGIS_BODY_UNREADABLE', `${field} is not JSON: ${words}`, { cause: error, field });
  }
}

/** Every evidence bundle that the format allows, for property tests: sparse ones, crowded ones, and such as no one would write. */
import fc from 'fast-check';
import { type BundleText, CHANGE_KINDS, TARGET_KINDS, UNITS } from '../responder/incident/bundle.ts';
import { ACTIONS } from '../responder/incident/vocabulary.ts';

/** The moment around which everything happens, in epoch seconds. */
const AROUND = 1_795_485_851;
const HOUR = 3_600;

const seconds = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: AROUND - 2 * HOUR, max: AROUND + 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4_000_000_000 }) },
);
/** The same moment in each of the ways in which it may be told. */
const time = seconds.chain((at) => {
  const iso = new Date(at * 1000).toISOString();
  return fc.constantFrom<string | number>(
    ...[iso, iso.slice(0, -1), iso.replace('T', ' ').slice(0, 19), iso.replace('.000Z', '+00:00')],
    ...[at, at * 1000],
  );
});
const word = fc.oneof(
  fc.constantFrom('shop', 'checkout', 'postgres', '1.0.0', '1.1.0', 'out of memory', 'connection refused'),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const named = word.filter((text) => text.length > 0);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 1.5, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 100, 5_000) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);
const whole = fc.nat({ max: 100_000 });
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
/** A record any of whose fields but the named ones may be missing, or null. */
function sparse(fields: Record<string, fc.Arbitrary<unknown>>, required: string[] = []) {
  const all = Object.entries(fields).map(([key, of]) => [key, required.includes(key) ? of : orNull(of)]);
  const some: fc.RecordConstraints<string> = { requiredKeys: required };
  return fc.record<Record<string, unknown>>(Object.fromEntries(all), some);
}
const few = <T>(of: fc.Arbitrary<T>, maxLength = 4) => fc.array(of, { maxLength });

const SIGNALS = [
  ...['memory_utilization', 'cpu_utilization', 'event_loop_utilization', 'error_ratio', 'latency_p95'],
  ...['request_rate', 'db_pool_utilization', 'db_pool_pending', 'burn_rate', 'up', 'queue_depth'],
];
const signal = sparse(
  {
    name: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...SIGNALS) }, { weight: 1, arbitrary: named }),
    unit: fc.constantFrom(...UNITS),
    baseline: value,
    series: fc.array(fc.tuple(seconds, value), { maxLength: 12 }),
  },
  ['name', 'series'],
);
const severity = fc.constantFrom('debug', 'info', 'warn', 'error', 'fatal', 'CRITICAL', '');
const log = sparse({ timestamp: time, severity, message: word, service: word }, ['message']);
const change = sparse(
  {
    timestamp: time,
    kind: fc.constantFrom(...CHANGE_KINDS),
    target: word,
    from: word,
    to: word,
    summary: word,
  },
  ['timestamp'],
);
const container = sparse({
  state: fc.constantFrom('running', 'exited', 'waiting', 'CrashLoopBackOff', 'Pending', 'dead', ''),
  exitCode: fc.constantFrom(0, 1, 137, 143),
  oomKilled: fc.boolean(),
  restarts: whole,
  startedAt: fc.oneof(time, fc.constant('0001-01-01T00:00:00Z')),
});
const dependency = sparse({ name: named, healthy: fc.boolean(), latency_ms: value }, ['name', 'healthy']);
const blocker = sparse({
  service: word,
  state: fc.constantFrom('active', 'idle in transaction'),
  age_s: value,
  query: word,
});
const database = sparse({ waiting: whole, blockers: few(blocker) });
/** An entry of a runbook, whatever somebody put there. */
export const anyRunbookItem = sparse({
  signature: word,
  action: fc.constantFrom(...ACTIONS),
  succeeded: whole,
  failed: whole,
  note: word,
});
const alert = sparse(
  {
    name: named,
    severity: fc.constantFrom('critical', 'warning', 'info', 'none'),
    target: word,
    summary: word,
    startsAt: time,
    labels: fc.dictionary(fc.constantFrom('service', 'job', 'pod', 'instance', '__proto__'), word),
  },
  ['name'],
);
const target = sparse({
  name: word,
  kind: fc.constantFrom(...TARGET_KINDS),
  version: word,
  replicas: fc.nat({ max: 50 }),
});

/** As parsed JSON. */
export const anyBundle = sparse(
  {
    version: fc.constant(1),
    alert,
    target,
    signals: few(signal, 6),
    logs: few(log, 8),
    changes: few(change),
    container,
    dependencies: few(dependency),
    database,
    runbook: few(anyRunbookItem),
    anything: fc.jsonValue({ maxDepth: 2 }),
  },
  ['version', 'alert'],
) as unknown as fc.Arbitrary<BundleText>;

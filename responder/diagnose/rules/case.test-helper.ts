/** Builders of cases: a shop of one instance, its signals over the last half minute, and each fault as it is seen. */
import assert from 'node:assert/strict';
import { ago, alertRead, container, evidenceOf, findingOf, health, NOW } from '../../../test/builders.ts';
import type { Blocker, EvidenceData, Finding, SignalData } from '../../incident/incident.ts';
import type { Case, Hypothesis, Rule } from './hypothesis.ts';

export type Item = EvidenceData | Finding;

export const caseOf = (items: Item[], tried: Case['tried'] = []): Case => ({
  target: 'shop',
  evidence: evidenceOf(...items),
  tried,
});

/** A signal once a second over the last `span` seconds; `values` gives its value so many seconds ago. */
export function signalOf(
  name: string,
  values: (secondsAgo: number) => number,
  { span = 30, ...over }: Partial<SignalData> & { span?: number } = {},
): EvidenceData {
  const end = NOW.getTime() / 1000;
  const series = Array.from({ length: span + 1 }, (_, i): [number, number] => [
    end - span + i,
    values(span - i),
  ]);
  return { kind: 'signal', signal: { name, unit: 'ratio', instance: 'shop-1', series, ...over } };
}
/** One value up to `at` seconds ago, another since. */
export const stepOf =
  (before: number, since: number, at = 3) =>
  (secondsAgo: number) =>
    secondsAgo > at ? before : since;
export const steady = (value: number) => () => value;

/** What a healthy shop looks like; every fault replaces some of it. */
export const CALM = {
  errors: signalOf('error_ratio', steady(0)),
  rate: signalOf('request_rate', steady(20), { unit: '1/s' }),
  loop: signalOf('event_loop_utilization', steady(0.1)),
  slots: signalOf('concurrency_utilization', steady(0.2)),
  pool: signalOf('db_pool_utilization', steady(0.2)),
  pending: signalOf('db_pool_pending', steady(0), { unit: 'count' }),
  up: signalOf('up', steady(1), { unit: 'count' }),
  process: { ...container(), cores: 0.1 } as EvidenceData,
  health: health(true),
  database: databaseOf(),
  changes: noChange(),
  alert: alertRead(true),
};
export type Seen = { [K in keyof typeof CALM]: Item | null } & { more: Item[] };

/** `null` takes a piece of evidence away: it was not looked at. */
export function seen(over: Partial<Seen> = {}): Item[] {
  const { more = [], ...rest } = { ...CALM, ...over };
  return [...Object.values(rest).filter((item) => item !== null), ...more];
}

export function databaseOf(
  over: Partial<Extract<EvidenceData, { kind: 'database' }>['database']> = {},
): EvidenceData {
  return { kind: 'database', database: { waiting: 0, sessions: { idle: 10 }, blockers: [], ...over } };
}
export const failed = (source: string): Finding =>
  findingOf({ kind: 'failure' }, { source, status: 'error', reading: `${source} failed` });

export function blockerOf(over: Partial<Blocker> = {}): Blocker {
  return {
    pid: 4711,
    service: 'shop',
    instance: 'shop-1',
    application: 'shop-1',
    user: 'shop',
    state: 'idle in transaction',
    age_s: 7,
    query: 'LOCK TABLE orders',
    waiting: 3,
    ...over,
  };
}
export const waitingFor = (...blockers: Blocker[]): EvidenceData =>
  databaseOf({ waiting: 3, sessions: { active: 3, 'idle in transaction': 1 }, blockers });

export const deploy = (secondsAgo: number, from: string | null = '1.0.0', to = '1.1.0', over = {}): Item => ({
  kind: 'change',
  change: {
    at: ago(secondsAgo),
    kind: 'deploy',
    target: 'shop',
    instance: 'shop-1',
    from,
    to,
    by: 'deploy',
    summary: `shop-1 went from ${from} to ${to}`,
    ...over,
  },
});
export function noChange(): Finding {
  return findingOf({ kind: 'change', change: null }, { source: 'changes', status: 'no_data' });
}
export const burning: EvidenceData = {
  kind: 'alert',
  expression: 'burn > 0.0144',
  holds: true,
  value: 0.3,
  objective: { sli: 'error_ratio', threshold: 0.0144 },
};
export const using = (cores: number | null, startedAt = ago(3600)): EvidenceData => ({
  ...(container({ startedAt }) as Extract<EvidenceData, { kind: 'container' }>),
  cores,
});

/** Each fault as the demo makes it, some seconds after its onset. */
const FAILING = signalOf('error_ratio', stepOf(0, 0.3));
const FULL_POOL = {
  pool: signalOf('db_pool_utilization', stepOf(0.2, 1)),
  pending: signalOf('db_pool_pending', stepOf(0, 40), { unit: 'count' }),
};
export const FAULTS = {
  cpu: { loop: signalOf('event_loop_utilization', stepOf(0.1, 0.96)), process: using(0.97) },
  wedge: { health: health(false), up: signalOf('up', stepOf(1, 0, 1)), process: using(0.99) },
  deadlock: { health: health(false), up: signalOf('up', stepOf(1, 0, 1)), process: using(0) },
  db: { ...FULL_POOL, errors: FAILING, health: unwell(), database: waitingFor(blockerOf()) },
  foreign: {
    ...FULL_POOL,
    errors: FAILING,
    health: unwell(),
    database: waitingFor(
      blockerOf({ service: null, instance: null, application: 'nightly-report', user: 'report' }),
    ),
  },
  errors: { ...FULL_POOL, errors: FAILING, health: unwell(), alert: burning },
  release: { errors: FAILING, changes: deploy(5), alert: burning },
  surge: {
    errors: FAILING,
    rate: signalOf('request_rate', stepOf(20, 90), { unit: '1/s' }),
    slots: signalOf('concurrency_utilization', stepOf(0.2, 3)),
    alert: burning,
  },
} satisfies Record<string, Partial<Seen>>;

/** It answers, and says that it is not well. */
function unwell(): EvidenceData {
  return { kind: 'health', instance: 'shop-1', healthy: false, status: 503, version: null };
}

/** A hypothesis in one line. */
export const briefly = (h: Hypothesis | null) =>
  h && `${h.category} ${h.action} ${h.action === 'ROLLBACK' ? h.version : h.instance}`;
export const ACTS = 0.7;

/** What a rule says of a fault with something changed, and whether that is sure enough to act upon. */
export function expectOf(rule: Rule) {
  return (items: Item[], expected: string | null, isSure = true) => {
    const found = rule(caseOf(items));
    assert.equal(briefly(found), expected);
    if (!found) return;
    const sure = found.confidence >= ACTS;
    assert.equal(sure, isSure, `${found.confidence}: ${found.justification}`);
    const ids = new Set(items.map((_, i) => `E${i + 1}`));
    assert.ok(found.citations.length > 0 && found.citations.every((id) => ids.has(id)));
  };
}

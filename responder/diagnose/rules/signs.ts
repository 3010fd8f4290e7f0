/**
 * What the rules look for in the evidence. Each sign says whether it could be seen at all: not looked at is never the
 * same as looked, found nothing.
 */
import { startOf, valueNow } from '../../incident/freshness.ts';
import type { Blocker, Evidence } from '../../incident/incident.ts';
import { median, medianSince, type Points, quantile } from '../../incident/series.ts';
import {
  BUSY_CORES,
  ERRORS_BURN_FAST,
  ERRORS_LOW,
  EVENT_LOOP_SATURATED,
  LOAD_GREW,
  USED_UP,
} from '../../incident/sli.ts';
import { type Case, type EvidenceOf, ofKind, signals } from './hypothesis.ts';
import { between, combined, onsetOf, spanOf } from './series.ts';

/** A process this young, in ms, is still starting: neither its silence nor its load says anything. */
const YOUNG_MS = 5_000;
/** Load has clearly grown when it is LOAD_GREW times what it was, and by so many requests a second. */
const GROWN_BY = 10;
/** Less of a series, in seconds and points, tells nothing of what was before. */
const LEAST_SPAN_SECONDS = 6;
const LEAST_POINTS = 4;
/** Slots are told as the peak since somebody last asked: of two who ask, the second may be shown a calm moment. */
const PEAK_SECONDS = 3;
/** Locks held for less than this, in seconds, are a database at work. */
const HELD_SECONDS = 1;
/** CPU cores of a process that waits for something. */
export const IDLE_CORES = 0.2;

/** So many seconds tell how it is now. */
const NOW_SECONDS = 5;
/** The usual load is this quantile of what was seen: neither an earlier surge nor an earlier lull is taken for it. */
const USUAL = 0.4;
/** Of less than this, in seconds, the first half is what there was before: it may be no more than the rate's own first rise. */
const USUAL_SECONDS = 30;

type Signal = EvidenceOf<'signal'>;
const instanceOf = (e: Signal) => e.data.signal?.instance ?? null;
const pointsOf = (e: Signal): Points => (e.data.signal?.series ?? []).filter(([, v]) => Number.isFinite(v));

/** The value of a signal now, measured on the process that runs now; else NaN. */
export function nowOf({ evidence }: Case, e: Signal): number {
  return valueNow(e, startOf(evidence, instanceOf(e)));
}

/** The signal of that name which is highest now, of those that can be told. */
export function highest(incident: Case, name: string, instance?: string | null): Signal | null {
  const told = signals(incident, name).filter((e) => !Number.isNaN(nowOf(incident, e)));
  const asked = instance === undefined ? told : told.filter((e) => instanceOf(e) === instance);
  return asked.toSorted((a, b) => nowOf(incident, b) - nowOf(incident, a))[0] ?? null;
}

export function holding(incident: Case): EvidenceOf<'alert'>[] {
  return ofKind(incident, 'alert').filter((e) => e.data.holds);
}

export function containerOf(incident: Case, instance: string | null): EvidenceOf<'container'> | null {
  return ofKind(incident, 'container').find((e) => e.data.container?.instance === instance) ?? null;
}

export function isYoung({ at, data }: EvidenceOf<'container'>): boolean {
  const startedAt = data.container?.startedAt;
  return Boolean(startedAt) && Date.parse(at) - Date.parse(startedAt as string) < YOUNG_MS;
}

export interface Errors {
  /** So many requests fail now that the error budget burns, or its alert holds. */
  high: boolean;
  /** When that began, in epoch seconds; null where the series does not tell. */
  onset: number | null;
  points: Points;
  evidence: Evidence[];
}
export function errorsOf(incident: Case): Errors {
  const ratios = signals(incident, 'error_ratio');
  const points = combined(ratios.map(pointsOf), (values) => Math.max(...values));
  const bad = ratios.filter((e) => nowOf(incident, e) > ERRORS_BURN_FAST);
  const burns = holding(incident).filter((e) => e.data.objective?.sli === 'error_ratio');
  const high = bad.length > 0 || burns.length > 0;
  return {
    high,
    onset: high ? onsetOf(points, Math.max(ERRORS_BURN_FAST, ERRORS_LOW * levelNow(points))) : null,
    points,
    evidence: [...(bad.length > 0 ? bad : ratios.slice(0, 1)), ...burns],
  };
}

function levelNow(points: Points): number {
  return medianSince(points, (points.at(-1)?.[0] ?? 0) - NOW_SECONDS) || 0;
}

export interface Traffic {
  word: 'grew' | 'steady' | 'unseen';
  /** Requests a second: what is usual of what was seen, and now. */
  from: number;
  to: number;
  /** When it grew, in epoch seconds. */
  onset: number | null;
  evidence: Evidence[];
}
/** Of the service as a whole, so that what one instance takes over from another is no growth. */
export function trafficOf(incident: Case): Traffic {
  const evidence = signals(incident, 'request_rate');
  const points = combined(evidence.map(pointsOf), (values) => values.reduce((sum, v) => sum + v, 0));
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const from =
    last - first < USUAL_SECONDS
      ? median(between(points, first, first + (last - first) / 2))
      : quantile(between(points, first, last - NOW_SECONDS), USUAL);
  const isFresh = evidence.some((e) => !Number.isNaN(valueNow(e, null)));
  const to = isFresh ? (points.at(-1)?.[1] ?? Number.NaN) : Number.NaN;
  const base = { from, to, onset: null, evidence };
  const isEnough = points.length >= LEAST_POINTS && spanOf(points) >= LEAST_SPAN_SECONDS;
  if (!isEnough || Number.isNaN(from) || Number.isNaN(to)) return { ...base, word: 'unseen' };
  const grew = to >= LOAD_GREW * from && to - from >= GROWN_BY;
  if (!grew) return { ...base, word: 'steady' };
  // Halfway to what counts as grown: the rate's window lets it climb slowly.
  const onset = onsetOf(points, from + Math.max((LOAD_GREW - 1) * from, GROWN_BY) / 2);
  return { ...base, word: 'grew', onset };
}

export interface Locks {
  seen: boolean;
  waiting: number;
  /** Whom most of the target's sessions wait for, where it is no passing lock, nor held by who only gets no CPU to go on. */
  holder: Blocker | null;
  /** Most sessions of the target are at work in the database. */
  busy: boolean;
  evidence: Evidence[];
}
export function locksOf(incident: Case): Locks {
  const read = ofKind(incident, 'database').find((e) => e.data.database);
  const database = read?.data.database;
  if (!read || !database) return { seen: false, waiting: 0, holder: null, busy: false, evidence: [] };
  const held = database.blockers.filter(
    ({ age_s, instance }) => age_s >= HELD_SECONDS && !(instance && isComputing(incident, instance)),
  );
  const holder = held.toSorted((a, b) => b.waiting - a.waiting || b.age_s - a.age_s)[0] ?? null;
  const all = Object.values(database.sessions).reduce((sum, count) => sum + count, 0);
  return {
    seen: true,
    waiting: database.waiting,
    holder: database.waiting > 0 ? holder : null,
    busy: (database.sessions.active ?? 0) * 2 > all,
    evidence: [read],
  };
}

/** Its loop has no rest, or it computes and answers nobody: then its transactions are slow, and that is not their fault. */
export function isComputing(incident: Case, instance: string): boolean {
  const loop = highest(incident, 'event_loop_utilization', instance);
  if (loop && nowOf(incident, loop) > EVENT_LOOP_SATURATED) return true;
  const { health, scrape } = silenceOf(incident, instance);
  const cores = containerOf(incident, instance)?.data.cores ?? 0;
  return cores >= BUSY_CORES && health !== false && (health || scrape) === true;
}

export interface Saturation {
  instance: string | null;
  value: number;
  evidence: Evidence[];
}
function saturationOf(incident: Case, e: Signal | null, isFull: (value: number) => boolean) {
  const value = e ? nowOf(incident, e) : Number.NaN;
  return e && isFull(value) ? { instance: instanceOf(e), value, evidence: [e] } : null;
}

/** An instance all of whose database connections are taken while requests wait for one. */
export function fullPoolOf(incident: Case): Saturation | null {
  for (const pending of signals(incident, 'db_pool_pending')) {
    if (!(nowOf(incident, pending) > 0)) continue;
    const pool = highest(incident, 'db_pool_utilization', instanceOf(pending));
    const full = saturationOf(incident, pool, (value) => value >= USED_UP);
    if (full) return { ...full, evidence: [...full.evidence, pending] };
  }
  return null;
}

/** An instance whose event loop has next to no rest. */
export function busyLoopOf(incident: Case): (Saturation & { points: Points }) | null {
  const loop = highest(incident, 'event_loop_utilization');
  const busy = saturationOf(incident, loop, (value) => value > EVENT_LOOP_SATURATED);
  return loop && busy && { ...busy, points: pointsOf(loop) };
}

/** An instance all of whose request slots are taken; `undefined` where nobody tells of slots. */
export function fullSlotsOf(incident: Case): Saturation | null | undefined {
  const told = signals(incident, 'concurrency_utilization').filter((e) => !Number.isNaN(nowOf(incident, e)));
  if (told.length === 0) return undefined;
  const full = told
    .map((e) => ({ instance: instanceOf(e), value: peakOf(pointsOf(e)), evidence: [e] }))
    .filter(({ value }) => value >= USED_UP);
  return full.toSorted((a, b) => b.value - a.value)[0] ?? null;
}

function peakOf(points: Points): number {
  const last = points.at(-1)?.[0] ?? 0;
  return Math.max(...between(points, last - PEAK_SECONDS, last + 1));
}

export interface Silence {
  /** The health endpoint gives no answer; null where it was not asked. */
  health: boolean | null;
  /** Prometheus' last scrape had no answer; null where that is not known. */
  scrape: boolean | null;
  evidence: Evidence[];
}
export function silenceOf(incident: Case, instance: string): Silence {
  const health = ofKind(incident, 'health').find((e) => e.data.instance === instance);
  const up = highest(incident, 'up', instance);
  return {
    health: health ? !health.data.healthy && health.data.status === null : null,
    scrape: up ? nowOf(incident, up) === 0 : null,
    evidence: [health, up].filter((e) => e !== undefined && e !== null),
  };
}

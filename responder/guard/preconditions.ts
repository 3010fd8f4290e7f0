/**
 * What must be seen before an action, whatever the diagnosis says in words. Each condition is read from the cited evidence
 * again; the first one that is not there refuses.
 */
import { crashLoopsIn, stoppedIn } from '../incident/crashes.ts';
import { startOf, valueNow } from '../incident/freshness.ts';
import {
  type ActionRecord,
  actionsMade,
  type Category,
  type ChangeData,
  type Evidence,
  endedSince,
} from '../incident/incident.ts';
import { medianBefore, medianSince, type Points } from '../incident/series.ts';
import {
  BEFORE_RELEASE_SECONDS,
  BUSY_CORES,
  ERRORS_BURN_FAST,
  ERRORS_LOW,
  EVENT_LOOP_SATURATED,
  LOAD_GREW,
  MEMORY_NEAR_LIMIT,
  USED_UP,
} from '../incident/sli.ts';
import type { PlannedAction } from '../incident/verdict.ts';
import { type Facts, no, type Word, yes } from './facts.ts';

/** A new release so shortly before the onset is more likely the cause than the load. */
const SUSPECT_MS = 5 * 60_000;
/** Clocks may differ by so many seconds, and the record of a release is written about when its process starts. */
const SKEW_SECONDS = 2;

export function preconditions(facts: Facts): Word {
  const { planned, incident } = facts;
  const tried = actionsMade(incident).find(
    (action) => isSame(planned, action) && !endedSince(action, incident.evidence),
  );
  if (tried)
    return no(
      `${planned.action} of ${planned.instance ?? planned.target} was tried in this incident and did not help`,
    );
  const check = { RESTART: restart, ROLLBACK: rollback, SCALE_UP: scaleUp, NOOP: nothing }[planned.action];
  return check(facts);
}

/** This attempt's own intent, left by a crash, is no earlier try: `actionsMade` leaves intents out. */
function isSame({ action, instance }: PlannedAction, made: ActionRecord): boolean {
  return made.action === action && (action !== 'RESTART' || made.instance === instance);
}

const nothing = () => no('NOOP asks for nothing');

/** Causes that starting the process anew clears, and the evidence that shows each by itself. */
const CLEARED_BY_RESTART: Partial<Record<Category, (seen: Seen) => boolean>> = {
  memory_leak: ({ signal }) => signal('memory_utilization') > MEMORY_NEAR_LIMIT,
  process_down: (seen) => seen.state === 'exited' || (seen.state === 'running' && seen.silent),
  cpu_saturation: (seen) =>
    seen.signal('event_loop_utilization') > EVENT_LOOP_SATURATED || (seen.silent && seen.cores >= BUSY_CORES),
  db_contention: ({ holdsLocks }) => holdsLocks,
  resource_exhaustion: ({ signal }) => signal('db_pool_utilization') >= USED_UP,
};

function restart({ incident, diagnosis, planned }: Facts): Word {
  const loop = crashLoopsIn(incident.evidence).find(({ instance }) => instance === planned.instance);
  if (loop)
    return no(
      `${loop.instance} has ended by itself ${loop.crashes.length} times in a short while: one more start does not cure a crash loop`,
    );
  if (stoppedIn(incident.evidence).some(({ instance }) => instance === planned.instance))
    return no(`${planned.instance} was stopped by somebody, and is not started against their will`);
  const shows = CLEARED_BY_RESTART[diagnosis.category];
  if (!shows) return no(`a restart does not clear ${diagnosis.category}`);
  if (!shows(seenOf(citedOf(incident.evidence, diagnosis.citations), incident.evidence, planned.instance)))
    return no(`no cited evidence shows ${diagnosis.category} of ${planned.instance}`);
  return yes(`a restart clears ${diagnosis.category}, and cited evidence shows it`);
}

/** A previous version, and a change to what runs now before the onset. */
function rollback({ incident, diagnosis, planned }: Facts): Word {
  const refusalOf = CURED_BY_ROLLBACK[diagnosis.category];
  if (!refusalOf) return no(`a rollback does not cure ${diagnosis.category}`);
  if (!planned.version) return no('no previous release is named');
  const cited = citedOf(incident.evidence, diagnosis.citations);
  const rollout = newestRollout(changesIn(cited), planned.target);
  const [latest] = rollout;
  if (!latest) return no(`no cited evidence shows a release of ${planned.target}`);
  if (latest.from !== planned.version)
    return no(`before ${latest.to} there was ${latest.from ?? 'nothing on record'}, not ${planned.version}`);
  const released = Math.min(...rollout.map(({ at }) => Date.parse(at) / 1000));
  if (released > Date.parse(incident.startsAt) / 1000 + SKEW_SECONDS)
    return no(`${latest.to} was released at ${latest.at}, when the alert had begun`);
  const what = `${latest.to} was released at ${latest.at}`;
  const refusal = refusalOf({ cited, all: incident.evidence, released, version: latest.to, what });
  return refusal
    ? no(refusal)
    : yes(`${what}, what is wrong came after it, and ${planned.version} ran before`);
}

interface AfterRelease {
  cited: Evidence[];
  all: Evidence[];
  /** Epoch seconds. */
  released: number;
  version: string;
  /** That it was released, in words. */
  what: string;
}
/** Causes that the release before clears, and why cited evidence does not show that each came with this one; null: it does. */
const CURED_BY_ROLLBACK: Partial<Record<Category, (release: AfterRelease) => string | null>> = {
  bad_release({ cited, released, version, what }) {
    const errors = cited.flatMap(({ data }) =>
      data.kind === 'signal' && data.signal?.name === 'error_ratio' ? [data.signal.series] : [],
    );
    if (!errors.some((series) => series.some(([at, value]) => at > released && value > ERRORS_BURN_FAST)))
      return `no cited evidence shows errors after ${version} was released`;
    if (!errors.some((series) => errorsBefore(series, released) >= 0))
      return `how many failed before ${version} is not known`;
    return errors.some((series) => beganBefore(series, released))
      ? `the errors had begun before ${what}`
      : null;
  },
  crash_loop({ cited, all, released, version, what }) {
    // That it is down may be seen elsewhere; the crashes themselves have to be cited.
    const loops = crashLoopsIn(all).filter(({ evidence }) => cited.includes(evidence));
    if (loops.length === 0) return 'no cited evidence shows a crash loop';
    if (loops.some(({ evidence }) => evidence.data.omitted > 0))
      return `whether it crashed before ${version} is not known`;
    const times = loops.flatMap(({ ofTheHour }) => ofTheHour.map(({ at }) => Date.parse(at) / 1000));
    return times.some((at) => at < released - SKEW_SECONDS) ? `it had crashed before ${what}` : null;
  },
};

/** The deploys of the newest release, newest first: one instance after the other may have got it. */
function newestRollout(changes: ChangeData[], target: string): ChangeData[] {
  const deploys = changes
    .filter((change) => change.kind === 'deploy' && change.target === target)
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const other = deploys.findIndex(({ to }) => to !== deploys[0]?.to);
  return other === -1 ? deploys : deploys.slice(0, other);
}

function errorsBefore(errors: Points, released: number): number {
  return medianBefore(errors, released, released - BEFORE_RELEASE_SECONDS);
}

function beganBefore(errors: Points, released: number): boolean {
  const before = errorsBefore(errors, released);
  return before > ERRORS_BURN_FAST && before > ERRORS_LOW * medianSince(errors, released);
}

/** Load that grew, and a release that is not to blame. Headroom is the inventory's word. */
function scaleUp({ incident, diagnosis, planned }: Facts): Word {
  if (diagnosis.category !== 'traffic_surge') return no(`more instances do not cure ${diagnosis.category}`);
  const cited = citedOf(incident.evidence, diagnosis.citations);
  const onset = Date.parse(incident.startsAt) / 1000;
  const rates = cited.filter(({ data }) => data.kind === 'signal' && data.signal?.name === 'request_rate');
  if (!grew(rates, onset)) return no('no cited evidence shows that the load grew');
  const changes = changesIn(incident.evidence).filter((change) => change.target === planned.target);
  const suspect = changes.find(
    (change) =>
      change.kind === 'deploy' &&
      Date.parse(change.at) > Date.parse(incident.startsAt) - SUSPECT_MS &&
      !wasThereBefore(change, changes) &&
      !wasLeft(change, changes),
  );
  if (suspect)
    return no(`${suspect.to} was released at ${suspect.at}: more of it would not help if it is the cause`);
  return yes('the load grew, and no new release came shortly before it');
}

/** Somebody, perhaps we, went back to it: it served before. */
function wasThereBefore({ at, to }: ChangeData, changes: ChangeData[]): boolean {
  return changes.some((earlier) => earlier.from === to && Date.parse(earlier.at) < Date.parse(at));
}

/** The same instance runs another release since: what it ran in between is no cause of what it suffers now. */
function wasLeft({ at, to, instance }: ChangeData, changes: ChangeData[]): boolean {
  return changes.some(
    (later) =>
      later.kind === 'deploy' &&
      later.instance === instance &&
      later.to !== to &&
      Date.parse(later.at) > Date.parse(at),
  );
}

/** Of the service as a whole: an instance that takes over from one that died has no surge. */
function grew(rates: Evidence[], onset: number): boolean {
  const now = rates.map((e) => valueNow(e, null)).filter((value) => !Number.isNaN(value));
  const before = rates.map(({ data }) =>
    data.kind === 'signal' && data.signal ? quietRate(data.signal.series, onset) : Number.POSITIVE_INFINITY,
  );
  const total = sum(now);
  return total > 0 && total >= LOAD_GREW * sum(before);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The load before the onset: the lower half of what was measured, since the rise itself may have begun before the alert. */
function quietRate(series: [number, number][], onset: number): number {
  const before = series.filter(([at]) => at < onset).map(([, value]) => value);
  const lower = before.toSorted((a, b) => a - b).slice(0, Math.ceil(before.length / 2));
  return lower.length > 0 ? (lower.at(-1) as number) : Number.POSITIVE_INFINITY;
}

interface Seen {
  state: string | null;
  cores: number;
  /** Its health endpoint gives no answer, and neither does its scrape, as far as that is known. */
  silent: boolean;
  holdsLocks: boolean;
  /** Value of a signal of the instance, if it is fresh and of the process that runs now; else NaN. */
  signal: (name: string) => number;
}

function seenOf(cited: Evidence[], all: Evidence[], instance: string | null): Seen {
  const startedAt = startOf(all, instance);
  const containers = cited.flatMap(({ data }) =>
    data.kind === 'container' && data.container?.instance === instance ? [data] : [],
  );
  const signal = (name: string) => {
    const values = cited.filter((e) => isOf(e, name, instance)).map((e) => valueNow(e, startedAt));
    return Math.max(Number.NEGATIVE_INFINITY, ...values.filter((value) => !Number.isNaN(value)));
  };
  // Whoever cites must not leave out what speaks against it.
  const isScraped = all.some((e) => isOf(e, 'up', instance) && valueNow(e, startedAt) > 0);
  const health = cited.find(({ data }) => data.kind === 'health' && data.instance === instance);
  return {
    state: containers[0]?.container?.state ?? null,
    cores: containers[0]?.cores ?? 0,
    silent: health?.data.kind === 'health' && health.data.status === null && !isScraped,
    holdsLocks: cited.some(
      ({ data }) =>
        data.kind === 'database' &&
        (data.database?.waiting ?? 0) > 0 &&
        data.database?.blockers.some((blocker) => blocker.instance === instance) === true,
    ),
    signal,
  };
}

function isOf({ data, status }: Evidence, name: string, instance: string | null): boolean {
  const signal = data.kind === 'signal' && status === 'ok' ? data.signal : null;
  return signal?.name === name && signal.instance === instance;
}

function citedOf(evidence: Evidence[], citations: string[]): Evidence[] {
  return evidence.filter((e) => citations.includes(e.id) && e.status === 'ok');
}

function changesIn(evidence: Evidence[]): ChangeData[] {
  return evidence.flatMap(({ data }) => (data.kind === 'change' && data.change ? [data.change] : []));
}

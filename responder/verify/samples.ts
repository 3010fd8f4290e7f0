/**
 * What an SLI is, by raw samples measured after the action. A gauge needs one, a rate two and a minimum volume; on every
 * metric path that is alive, the worst counts. Pure.
 */
import type { Series } from '../clients/prometheus.ts';
import { isBad, type Objective } from '../incident/sli.ts';
import type { Check } from './proof.ts';

/**
 * A path that told of the target within these seconds has to tell again after the action: the Collector passes on the last
 * words of the ended process, which would make the alert fire anew. A path that is silent for longer is gone, and not waited for.
 */
const PATH_ALIVE_SECONDS = 15;
/** A rate is that of the last seconds: what failed while the cure was still taking hold is no verdict on it. */
const RECENT_SECONDS = 10;
/** Fewer requests say nothing of a share of them; a quiet service is given all the time since the action. */
const LEAST_VOLUME = 10;
/** Nor fewer durations of a quantile. */
const LEAST_DURATIONS = 5;

export interface Samples {
  /** The gauge; or the part of a ratio; or the buckets of a histogram. */
  series: Series[];
  /** Of a ratio: the whole. */
  whole: Series[];
}
export interface When {
  /** Epoch seconds of the action and of now. */
  since: number;
  now: number;
}
type Reading = Omit<Check, 'name'>;

export function readingOf(objective: Objective, samples: Samples, when: When): Reading {
  const { sli } = objective;
  switch (sli.measure.kind) {
    case 'gauge':
      return judged(
        objective,
        aliveOf(samples.series, when).map((one) => newest(one, when.since)),
        'sample(s)',
      );
    case 'ratio':
      return judged(objective, ratios(samples, when), 'path(s)');
    case 'quantile':
      return judged(objective, quantiles(sli.measure.quantile, samples.series, when), 'path(s)');
    case 'recorded':
      return { result: 'unknown', reading: `${sli.name} has no raw samples that could prove it` };
  }
}

/** The worst reading counts; a path that is alive and has not told yet is waited for, unless another is bad already. */
function judged(objective: Objective, values: (number | null)[], unit: string): Reading {
  const { sli, threshold } = objective;
  const fresh = values.filter((value) => value !== null);
  if (fresh.length === 0)
    return { result: 'unknown', reading: `too little of ${sli.name} was measured after the action yet` };
  const worst = sli.worst(fresh);
  const reading = `${sli.name} is ${Number(worst.toPrecision(3))} in ${fresh.length} ${unit} from after the action, threshold ${threshold}`;
  if (isBad(objective, worst)) return { result: 'fail', reading };
  const silent = values.length - fresh.length;
  if (silent > 0) return { result: 'unknown', reading: `${reading}; ${silent} more to come` };
  return { result: 'pass', reading };
}

/** The last value of a series; null where it was measured before `since`. */
function newest({ points }: Series, since: number): number | null {
  const last = points.at(-1);
  return last && last[0] > since ? last[1] : null;
}

function ratios({ series, whole }: Samples, when: When): (number | null)[] {
  const parts = byPath(series, when);
  return [...byPath(whole, when)].map(([path, all]) => {
    const share = (from: number) => {
      const total = sum(all.map((one) => increase(one, from)));
      const part = sum((parts.get(path) ?? []).map((one) => increase(one, from)));
      return total < LEAST_VOLUME ? null : part / total;
    };
    return share(recently(when)) ?? share(when.since);
  });
}

function quantiles(quantile: number, buckets: Series[], when: When): (number | null)[] {
  return [...byPath(buckets, when).values()].map((path) => {
    const bounds = Map.groupBy(path, ({ labels }) => Number((labels.le ?? '').replace('+Inf', 'Infinity')));
    const told = (from: number) => {
      const counts = [...bounds].map(([le, series]): [number, number] => [
        le,
        sum(series.map((one) => increase(one, from))),
      ]);
      return quantileOf(
        quantile,
        counts.toSorted(([a], [b]) => a - b),
      );
    };
    return told(recently(when)) ?? told(when.since);
  });
}

/** As Prometheus' histogram_quantile: linear within the bucket. `counts` are cumulative, by upper bound. */
export function quantileOf(quantile: number, counts: [number, number][]): number | null {
  const total = counts.at(-1)?.[1] ?? 0;
  if (total < LEAST_DURATIONS) return null;
  const rank = quantile * total;
  const i = counts.findIndex(([, count]) => count >= rank);
  const [upper, count] = counts[i] ?? [0, 0];
  const [lower, below] = counts[i - 1] ?? [0, 0];
  if (upper === Number.POSITIVE_INFINITY) return lower;
  return count === below ? upper : lower + ((upper - lower) * (rank - below)) / (count - below);
}

function aliveOf(series: Series[], { now }: When): Series[] {
  return series.filter((one) => (one.points.at(-1)?.[0] ?? 0) > now - PATH_ALIVE_SECONDS);
}

/** Series of the paths that are alive, by path. */
function byPath(series: Series[], when: When): Map<string, Series[]> {
  return Map.groupBy(aliveOf(series, when), ({ labels }) => labels.path ?? '');
}

function recently({ since, now }: When): number {
  return Math.max(since, now - RECENT_SECONDS);
}

/**
 * How much a counter grew in the samples after `from` (epoch seconds). A counter that went down was started
 * anew, one that was not there before began at zero; a pair of samples that straddles the beginning counts for nothing.
 */
export function increase({ points }: Series, from: number): number {
  return sum(
    points.map(([at, value], i) => {
      if (at <= from) return 0;
      const before = points[i - 1];
      if (!before) return value;
      if (value < before[1]) return value;
      return before[0] > from ? value - before[1] : 0;
    }),
  );
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * When a series left what was usual for it, and whether it came back. A change point, not a threshold: the split that leaves
 * the least unexplained by "level before, straight line after", so that a step and a slow rise are found alike.
 */
import { median, type Points } from '../../incident/series.ts';

export interface Shift {
  /** Usual level: as told, else the median before the onset, else (a single point) NaN. */
  from: number;
  /** Level now: median of the last points. */
  to: number;
  /** The value furthest from the usual one. */
  peak: number;
  /** It began after the first (the last ordinary point) and at the latest at the second (epoch seconds); null where unseen. */
  onset: { after: number; by: number } | null;
  /** The same of the first stay: a leak that restarts have cut short began then. */
  first: Shift['onset'];
  /** It rose or fell over a long part of what is seen, instead of in a step. */
  gradual: boolean;
  /** How often it left the usual level and came back. */
  returns: number;
}

/** Longer series are thinned, since the search is over all pairs of points. */
const MOST_POINTS = 240;
/** So many points at the end tell how it is now. */
const NOW_POINTS = 3;
/** What has gone so far back towards the usual level, as a share of the way to the peak, is back. */
const BACK = 0.35;
/** Two points of a rise may be a step that the sampling cut in two. */
const STEP_POINTS = 2;

/** @param baseline what whoever measured it calls usual; null where nobody says */
export function shiftOf(points: Points, baseline: number | null): Shift {
  const all = thinned(points);
  const values = all.map(([, value]) => value);
  const recent = median(values.slice(-Math.min(NOW_POINTS, Math.ceil(values.length / 4))));
  if (all.length < 4) return fewOf(all, baseline, recent);
  const split = splitOf(values);
  const before = values.slice(0, split);
  const from = baseline ?? median(before);
  const peak = furthest(values, from);
  const onset = onsetOf(all, from, peak, split);
  return {
    from,
    to: isLeaving(values, from, peak) ? (values.at(-1) ?? recent) : recent,
    peak,
    onset,
    first: firstOf(all, from, peak),
    gradual: isGradual(values, from, peak),
    returns: returnsOf(values, from, peak),
  };
}

/** The last two are away: then the last one tells how it is now, and what was before it no more. */
function isLeaving(values: number[], from: number, peak: number): boolean {
  return peak !== from && values.slice(-2).every((value) => (value - from) / (peak - from) > 0.5);
}

function thinned(points: Points): Points {
  if (points.length <= MOST_POINTS) return points;
  const step = Math.ceil(points.length / MOST_POINTS);
  // The last point is always kept: it is the one that tells how it is now.
  return points.filter((_, i) => (points.length - 1 - i) % step === 0);
}

/** Of one to three points: the first is what was before, unless somebody says what is usual. */
function fewOf(points: Points, baseline: number | null, to: number): Shift {
  const first = points.length > 1 ? (points[0]?.[1] ?? Number.NaN) : Number.NaN;
  const from = baseline ?? first;
  const values = points.map(([, value]) => value);
  const peak = values.length > 0 ? furthest(values, from) : Number.NaN;
  const onset = Number.isNaN(from) ? null : onsetOf(points, from, peak, 1);
  return { from, to, peak, onset, first: onset, gradual: false, returns: 0 };
}

function furthest(values: number[], from: number): number {
  const base = Number.isNaN(from) ? 0 : from;
  return values.reduce(
    (best, value) => (Math.abs(value - base) > Math.abs(best - base) ? value : best),
    values[0] ?? base,
  );
}

/**
 * Index of the first point after the change: least squared error of a level before and a line from there on. Sums up to each
 * point make each split one step (the error of a least-squares line is Syy - Sxy^2 / Sxx).
 */
function splitOf(values: number[]): number {
  const sums = sumsOf(values);
  const n = values.length;
  let [best, least] = [1, Number.MAX_VALUE];
  for (let split = 1; split < n; split++) {
    const error = errorOfLevel(sums, 0, split) + errorOfLine(sums, split, n);
    // Of two that explain it alike the earlier one: a line explains a flat part as well.
    if (error < least - 1e-9 * Math.abs(least) - 1e-9) [best, least] = [split, error];
  }
  return best;
}

interface Sums {
  y: number[];
  yy: number[];
  xy: number[];
}

/** Around the middle value, so that small changes of large numbers are not lost. */
function sumsOf(values: number[]): Sums {
  const middle = median(values);
  const spread = Math.max(...values.map((value) => Math.abs(value - middle))) || 1;
  const sums: Sums = { y: [0], yy: [0], xy: [0] };
  for (const [x, value] of values.entries()) {
    const y = (value - middle) / spread;
    sums.y.push((sums.y[x] as number) + y);
    sums.yy.push((sums.yy[x] as number) + y * y);
    sums.xy.push((sums.xy[x] as number) + x * y);
  }
  return sums;
}

const between = (sums: number[], from: number, to: number) => (sums[to] as number) - (sums[from] as number);

function errorOfLevel({ y, yy }: Sums, from: number, to: number): number {
  return between(yy, from, to) - between(y, from, to) ** 2 / (to - from);
}

function errorOfLine(sums: Sums, from: number, to: number): number {
  const n = to - from;
  const sumX = ((from + to - 1) * n) / 2;
  const spreadX = (n * (n * n - 1)) / 12;
  const covers = between(sums.xy, from, to) - (sumX * between(sums.y, from, to)) / n;
  return errorOfLevel(sums, from, to) - (spreadX === 0 ? 0 : covers ** 2 / spreadX);
}

/**
 * Start of the last stay away from the usual level; of one that is back now, of the stay with the peak. Between the last
 * ordinary point and the first other one: nobody saw when.
 */
function onsetOf(points: Points, from: number, peak: number, split: number): Shift['onset'] {
  if (peak === from) return null;
  const isAway = (value: number) => (value - from) / (peak - from) > BACK;
  const lastAway = points.findLastIndex(([, value]) => isAway(value));
  const before = points.slice(0, lastAway).findLastIndex(([, value]) => !isAway(value));
  const first = points[before + 1];
  if (!first) return null;
  // A slow rise is far from its peak for long: the change point is where it really began.
  const began = Math.min(before + 1, Math.max(split, 0));
  const rises = points
    .slice(began, before + 1)
    .every(([, value], i, part) => i === 0 || leans(part[i - 1]?.[1] ?? value, value, from, peak));
  const early = rises ? began : before + 1;
  // A line that explains the rise may begin at a point which has not left the level yet.
  const left = points
    .slice(early, before + 1)
    .findIndex(([, value]) => (value - from) / (peak - from) > STILL);
  const index = left === -1 ? before + 1 : early + left;
  const at = points[index]?.[0] ?? first[0];
  return { after: points[index - 1]?.[0] ?? Number.NEGATIVE_INFINITY, by: at };
}

const CLEAR = 0.2;
/** So small a share of the way to the peak is the usual level. */
const STILL = 0.02;

/** Of the first stay: where it went away from the usual level for the first time. */
function firstOf(points: Points, from: number, peak: number): Shift['onset'] {
  if (peak === from) return null;
  const index = points.findIndex(([, value]) => (value - from) / (peak - from) > CLEAR);
  const at = points[index]?.[0];
  return at === undefined ? null : { after: points[index - 1]?.[0] ?? Number.NEGATIVE_INFINITY, by: at };
}

/** Not clearly back towards the usual level from one point to the next. */
function leans(one: number, next: number, from: number, peak: number): boolean {
  return (next - one) / (peak - from) > -0.1;
}

function isGradual(values: number[], from: number, peak: number): boolean {
  if (peak === from) return false;
  const shares = values.map((value) => (value - from) / (peak - from));
  const between = shares.filter((share) => share > 0.15 && share < 0.85).length;
  return between > STEP_POINTS && between >= values.length / 5;
}

function returnsOf(values: number[], from: number, peak: number): number {
  if (peak === from) return 0;
  let [returns, away] = [0, false];
  for (const value of values) {
    const share = (value - from) / (peak - from);
    if (share > 1 - BACK) away = true;
    else if (share < BACK && away) [returns, away] = [returns + 1, false];
  }
  return returns;
}

/** How series of evidence are put together, and when what they show began. */
import { median, type Points } from '../../incident/series.ts';

/** A value says nothing of a time that is further away from it than this, in seconds: two scrapes of production and some. */
const HOLDS_SECONDS = 12;
/** A lull or a blip of one or two seconds is noise: each point is read as the median of those this near, in seconds. */
const SMOOTH_SECONDS = 2;
/** What ended longer ago than this is over, in seconds. */
const OVER_SECONDS = 15;

/** The values from `from` (inclusive) to `to` (exclusive). */
export function between(points: Points, from: number, to: number): number[] {
  return points.filter(([at]) => at >= from && at < to).map(([, value]) => value);
}

/** Length in seconds. */
export function spanOf(points: Points): number {
  return (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);
}

/** One series for a service: at each time of any series, what its instances said last, made one value by `how`. */
export function combined(all: Points[], how: (values: number[]) => number): Points {
  const sorted = all.map((points) => points.toSorted(([a], [b]) => a - b));
  const times = [...new Set(sorted.flat().map(([at]) => at))].sort((a, b) => a - b);
  const next = sorted.map(() => 0);
  return times.map((time): [number, number] => {
    const values = sorted.flatMap((points, i) => {
      let index = next[i] ?? 0;
      while ((points[index]?.[0] ?? Number.POSITIVE_INFINITY) <= time) index += 1;
      next[i] = index;
      const last = points[index - 1];
      return last && time - last[0] <= HOLDS_SECONDS ? [last[1]] : [];
    });
    return [time, how(values)];
  });
}

/**
 * When it rose above `threshold` to stay there until now, in epoch seconds; null where it is not above. Smoothed by a
 * running median, which keeps the edge of a step where it is; of an onset that is too young for that, the bare points count.
 */
export function onsetOf(points: Points, threshold: number): number | null {
  const end = points.at(-1)?.[0] ?? 0;
  const smooth = points.map(([at]): [number, number] => [
    at,
    median(between(points, at - SMOOTH_SECONDS, at + SMOOTH_SECONDS + 0.001)),
  ]);
  const isAbove = (series: Points) => (series.at(-1)?.[1] ?? Number.NaN) > threshold;
  if (isAbove(smooth)) return startOfLastRun(smooth, threshold);
  if (isAbove(points)) return startOfLastRun(points, threshold);
  const last = smooth.findLast(([, value]) => value > threshold);
  if (!last || end - last[0] > OVER_SECONDS) return null;
  return startOfLastRun(
    smooth.filter(([at]) => at <= last[0]),
    threshold,
  );
}

function startOfLastRun(points: Points, threshold: number): number | null {
  const before = points.findLastIndex(([, value]) => !(value > threshold));
  return points[before + 1]?.[0] ?? null;
}

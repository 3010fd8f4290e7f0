/** Arithmetic on series of [epoch seconds, value], oldest first. */

export type Points = [number, number][];

/** The value below which a share of the values lies, the nearest of them; NaN where there are none. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

/** Median of what was measured before `until`, since `from` (epoch seconds); NaN where nothing was. */
export function medianBefore(points: Points, until: number, from = 0): number {
  return median(points.filter(([at]) => at >= from && at < until).map(([, value]) => value));
}

/** Median of what was measured since `from` (epoch seconds); NaN where nothing was. */
export function medianSince(points: Points, from: number): number {
  return median(points.filter(([at]) => at >= from).map(([, value]) => value));
}

/** What a handful of measurements says. Pure. */

export interface Spread {
  min: number;
  /** Quartiles: half of the values lie between the two. */
  q1: number;
  median: number;
  q3: number;
  max: number;
}

/** @throws Error for no values at all */
export function spreadOf(values: number[]): Spread {
  return {
    min: quantile(values, 0),
    q1: quantile(values, 0.25),
    median: quantile(values, 0.5),
    q3: quantile(values, 0.75),
    max: quantile(values, 1),
  };
}

/**
 * Linear between the two nearest values (Hyndman and Fan's type 7, the usual one of R and NumPy).
 * @param share 0 to 1
 * @throws Error for no values at all
 */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) throw new Error('there is no quantile of nothing');
  return below + (above - below) * (at - Math.floor(at));
}

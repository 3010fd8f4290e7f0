/** A bucket of tokens: so many at once, and so many more each second. */

export interface AllowanceOptions {
  /** At once, after a quiet time. */
  burst: number;
  perSecond: number;
  /** In ms; only differences count. */
  now?: () => number;
}

/** Asked before each request. @returns 0 when there is room for it, else in how many whole seconds there will be. */
export function makeAllowance({
  burst,
  perSecond,
  now = () => performance.now(),
}: AllowanceOptions): () => number {
  let tokens = burst;
  let at = now();
  return () => {
    tokens = Math.min(burst, tokens + ((now() - at) / 1_000) * perSecond);
    at = now();
    if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / perSecond));
    tokens -= 1;
    return 0;
  };
}

/** Customers: a steady stream of requests over the instances of one service, bounded in rate and in flight. */

/** Timers below this drift, so each tick sends what is due by then, in ms. */
const TICK_MS = 10;
/** Longer than the shop ever takes, 5 s for a connection and 5 s for a statement: its answer tells more than our patience. */
const TIMEOUT_MS = 12_000;

export interface LoadRequest {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
}

export interface Counts {
  ok: number;
  failed: number;
  /** Not sent, because too many were under way or no instance is known. */
  skipped: number;
  /** Failures by reason, e.g. `{"HTTP 503": 2, "ECONNREFUSED": 4}`. */
  reasons: Record<string, number>;
}

export interface LoadOptions {
  rps: number;
  /** In all; each instance may have its even share of them. */
  maxInFlight: number;
  /** Base addresses of the instances to call now. */
  urls: () => string[];
  timeoutMs?: number;
  fetch?: typeof globalThis.fetch;
}

export interface Load {
  /** Counts since the last call. */
  take(): Counts & { in_flight: number };
  /** Sends nothing more and gives up what is under way. */
  stop(): void;
}

/** Ten requests: six look at products, three order, one asks for health. */
export function requestAt(n: number): LoadRequest {
  const turn = n % 10;
  if (turn === 9) return { method: 'GET', path: '/health' };
  if (turn % 3 !== 2) return { method: 'GET', path: turn === 0 ? '/' : '/api/products' };
  const items = [{ product_id: (n % 12) + 1, quantity: 1 + (n % 3) }];
  return {
    method: 'POST',
    path: '/api/orders',
    body: JSON.stringify({ customer: `load-${n % 100}`, items }),
  };
}

/** Starts at once and never throws: a shop that is down is counted, which is what a load generator is for. */
export function startLoad({
  rps,
  maxInFlight,
  urls,
  timeoutMs = TIMEOUT_MS,
  fetch = globalThis.fetch,
}: LoadOptions): Load {
  const stopping = new AbortController();
  let counts = noCounts();
  /** By instance: one that hangs must not take the whole bound, or the healthy ones would get nothing either. */
  const inFlight = new Map<string, number>();
  const inFlightAt = (base: string) => inFlight.get(base) ?? 0;
  let n = 0;

  const fail = (reason: string) => {
    counts.failed += 1;
    counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
  };

  const send = async (base: string, { method, path, body }: LoadRequest) => {
    inFlight.set(base, inFlightAt(base) + 1);
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]),
        ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
      });
      // Read to its end, or the connection could not be used again.
      await response.arrayBuffer();
      if (response.ok) counts.ok += 1;
      else fail(`HTTP ${response.status}`);
    } catch (error) {
      if (!stopping.signal.aborted) fail(reasonOf(error));
    } finally {
      inFlight.set(base, inFlightAt(base) - 1);
    }
  };

  const sendNext = () => {
    const known = urls();
    const base = known[n % known.length];
    if (base === undefined || inFlightAt(base) >= maxInFlight / known.length) counts.skipped += 1;
    else void send(base, requestAt(Math.floor(n / known.length)));
    n += 1;
  };

  const began = performance.now();
  const tick = () => {
    const due = Math.floor(((performance.now() - began) * rps) / 1_000);
    while (n < due) sendNext();
  };

  const timer = setInterval(tick, TICK_MS);
  return {
    take: () => {
      const taken = { ...counts, in_flight: [...inFlight.values()].reduce((sum, one) => sum + one, 0) };
      counts = noCounts();
      return taken;
    },
    stop: () => {
      clearInterval(timer);
      stopping.abort();
    },
  };
}

function noCounts(): Counts {
  return { ok: 0, failed: 0, skipped: 0, reasons: {} };
}

/** fetch hides the reason of a refused connection in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'timeout';
  const cause = error.cause instanceof Error ? error.cause : error;
  return 'code' in cause ? String(cause.code) : cause.message;
}

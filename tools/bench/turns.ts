/** Who is measured when. Pure. */

/** `aegisops`: Alertmanager calls the responder. `webhook`: it calls `webhook`, which calls `docker restart`. */
export type Side = 'aegisops' | 'webhook';

export interface Turn {
  /** From 1 on. */
  pair: number;
  side: Side;
  /** Where in the interval between two scrapes the fault is triggered, 0 to 1. */
  phase: number;
}

/** Multiples of it, without their whole part, fill 0 to 1 evenly, however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * A B, B A, A B, ...: whatever drifts while the bench runs hits both sides alike. So does the luck of being broken just before
 * a scrape or just after one: it is the same for both of a pair, and all luck there is in a run.
 */
export function turnsOf(pairs: number): Turn[] {
  return Array.from({ length: pairs }, (_, index): Turn[] => {
    const sides: Side[] = index % 2 === 0 ? ['aegisops', 'webhook'] : ['webhook', 'aegisops'];
    return sides.map((side) => ({ pair: index + 1, side, phase: ((index + 1) * GOLDEN) % 1 }));
  }).flat();
}

/** How long from `now` until an interval has come so far, in ms; intervals begin at whole multiples, as Prometheus counts them. */
export function untilPhase(now: number, phase: number, intervalMs: number): number {
  const ms = phase * intervalMs - (now % intervalMs);
  return ms < 0 ? ms + intervalMs : ms;
}

/** Is a reading about what runs now? A dead process' last values, and what looks back at them, stay for a while. */
import type { Evidence } from './incident.ts';

/** Three scrapes of production; older samples say nothing of now. */
const FRESH_SECONDS = 15;

/** Beyond the window of an expression: the next evaluation, the next scrape, Alertmanager's next message; in ms. */
export const SLACK_MS = 10_000;

/** The last value of a signal, if it is fresh and was measured after `startedAt` (ISO); else NaN. */
export function valueNow({ at, data }: Pick<Evidence, 'at' | 'data'>, startedAt: string | null): number {
  const last = data.kind === 'signal' ? data.signal?.series.at(-1) : undefined;
  if (!last) return Number.NaN;
  const [measured, value] = last;
  const isOld = measured < Date.parse(at) / 1000 - FRESH_SECONDS;
  const isOfThePredecessor = startedAt !== null && measured * 1000 < Date.parse(startedAt);
  return isOld || isOfThePredecessor ? Number.NaN : value;
}

/** When the process of an instance began, as the runtime says; null where it does not. */
export function startOf(evidence: Evidence[], instance: string | null): string | null {
  for (const { data } of evidence)
    if (data.kind === 'container' && data.container?.instance === instance) return data.container.startedAt;
  return null;
}

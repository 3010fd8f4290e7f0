/** The pure part of verification: what the checks together say, and when to look again. */
import type { Recovery } from '../incident/incident.ts';

export type Check = Recovery['checks'][number];

const FIRST_LOOK_MS = 100;
const GROWTH = 1.6;
const LONGEST_MS = 5_000;

/**
 * Only all checks passing prove recovery. Until the time is up everything else is pending; then what could not be seen
 * makes it unknown, and what was seen to be bad makes it not recovered.
 */
export function judge(checks: Check[], waitedMs: number, timeoutMs: number): Recovery['result'] {
  if (checks.length > 0 && checks.every((check) => check.result === 'pass')) return 'recovered';
  if (waitedMs < timeoutMs) return 'pending';
  return checks.some((check) => check.result === 'fail') ? 'not_recovered' : 'unknown';
}

/** All is good, and only the alert's expression, which looks back, still sees the time before. */
export function isClearing(checks: Check[]): boolean {
  const open = checks.filter((check) => check.result !== 'pass');
  return open.length === 1 && open[0]?.name === 'alert' && open[0].result === 'fail' && checks.length > 1;
}

/** Exponential backoff: 100 ms, 160 ms, ... up to 5 s. */
export function nextLookMs(looks: number): number {
  return Math.min(FIRST_LOOK_MS * GROWTH ** (looks - 1), LONGEST_MS);
}

/** The pure part of verification: what the checks together say, and when to look again. */
import type { Recovery } from '../incident/incident.ts';

export type Check = Recovery['checks'][number];

const FIRST_LOOK_MS = 100;
const GROWTH = 1.6;
const LONGEST_MS = 5_000;

/** Beyond the window of an expression: the next evaluation, the next scrape. */
const SLACK_MS = 10_000;
/** An expression that looks back further cannot tell within an incident's life; a person is told so. */
const LONGEST_CLEARING_MS = 600_000;

export interface Look {
  checks: Check[];
  now: Date;
  /** When the action was done. */
  since: Date;
  /** The last look at which all was good but, perhaps, the alert's expression. */
  goodAt: Date | null;
  timeoutMs: number;
  /** How far back the alert's expression looks. */
  windowMs: number;
}

/**
 * Only all checks passing prove recovery. Until the time is up everything else is pending; then what could not be seen
 * makes it unknown, and what was seen to be bad makes it not recovered. Where nothing is left but the alert's expression,
 * it is clearing: it is given its window, and a single bad look in between does not end that.
 */
export function judge(look: Look): { result: Recovery['result']; goodAt: Date | null } {
  const { checks, now, since, timeoutMs, windowMs } = look;
  const open = checks.filter((check) => check.result !== 'pass');
  if (checks.length > 0 && open.length === 0) return { result: 'recovered', goodAt: now };
  const clearing =
    checks.length > 1 && open.every((check) => check.name === 'alert' && check.result === 'fail');
  const goodAt = clearing ? now : look.goodAt;
  const waitedMs = now.getTime() - (clearing ? since : (goodAt ?? since)).getTime();
  const clearMs = clearing ? Math.min(windowMs + SLACK_MS, LONGEST_CLEARING_MS) : 0;
  if (waitedMs < Math.max(timeoutMs, clearMs)) return { result: 'pending', goodAt };
  const tooLong = clearing && windowMs + SLACK_MS > LONGEST_CLEARING_MS;
  const bad = open.some((check) => check.result === 'fail');
  return { result: bad && !tooLong ? 'not_recovered' : 'unknown', goodAt };
}

/** Exponential backoff: 100 ms, 160 ms, ... up to 5 s. */
export function nextLookMs(looks: number): number {
  return Math.min(FIRST_LOOK_MS * GROWTH ** (looks - 1), LONGEST_MS);
}

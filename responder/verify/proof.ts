/** The pure part of verification: what the checks together say, and when to look again. */
import { SLACK_MS } from '../incident/freshness.ts';
import type { Breach, Recovery } from '../incident/incident.ts';

export type Check = Recovery['checks'][number];

const FIRST_LOOK_MS = 100;
const GROWTH = 1.6;
const LONGEST_MS = 2_000;

export interface Look {
  checks: Check[];
  now: Date;
  /** When the action was done. */
  since: Date;
  timeoutMs: number;
  /** Alerts that hold on, looking back for longer than the time to verify. */
  lookingBack: Breach['lookingBack'];
}
export interface Judged {
  result: Recovery['result'];
  /** Recovered by its samples, while an alert looks back too far to tell: so long it is watched after the close. */
  watchMs: number | null;
}

/**
 * Only all checks passing prove recovery. Until the time is up everything else is pending; then what could not be seen
 * makes it unknown, and what was seen to be bad makes it not recovered. Where an alert looks back for longer than the time
 * to verify, an SLI in samples from after the action must be the proof; with nothing but health it stays unknown.
 */
export function judge({ checks, now, since, timeoutMs, lookingBack }: Look): Judged {
  const open = checks.filter((check) => check.result !== 'pass');
  const bySamples = checks.some((check) => check.name.startsWith('sli ')) && lookingBack?.provable;
  const proved = lookingBack === null || bySamples === true;
  if (checks.length > 0 && open.length === 0 && proved)
    return {
      result: 'recovered',
      watchMs: lookingBack && lookingBack.windowSeconds * 1000 + SLACK_MS,
    };
  if (now.getTime() - since.getTime() < timeoutMs) return { result: 'pending', watchMs: null };
  const bad = open.some((check) => check.result === 'fail');
  return { result: bad ? 'not_recovered' : 'unknown', watchMs: null };
}

/** Exponential backoff: 100 ms, 160 ms, ... up to 2 s. */
export function nextLookMs(looks: number): number {
  return Math.min(FIRST_LOOK_MS * GROWTH ** (looks - 1), LONGEST_MS);
}

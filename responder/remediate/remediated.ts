/** How remediation ends, in words. */
import type { ActionRecord, Outcome } from '../incident/incident.ts';

export interface Remediated {
  /**
   * `acted`: look whether it helped. `undone`: look for the next best. `wait`: a call of a crashed worker may still be under
   * way. `stale`: too old to be acted upon, look again. `stopped`: see outcome.
   */
  result: 'acted' | 'undone' | 'wait' | 'stale' | 'stopped';
  say: string;
  found?: { conclusion?: string | null; seen?: string[]; staleRounds?: number; undoing?: null };
  outcome?: Outcome;
  attempts?: number;
  dueInMs?: number;
}

export function report(action: ActionRecord): Remediated {
  const say = `${action.action} on ${action.instance} is ${action.state}: ${action.detail}`;
  if (action.state === 'done') return { result: 'acted', say, attempts: action.attempt };
  return { ...stopped('escalated', say), attempts: action.attempt };
}

export function stopped(outcome: Outcome, conclusion: string, seen?: string[]): Remediated {
  return { result: 'stopped', say: conclusion, found: { conclusion, ...(seen && { seen }) }, outcome };
}

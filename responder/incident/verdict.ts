/**
 * The guard's answer, and the only ticket to a runtime. An allowed verdict is branded: code that did not come
 * through `allow` (guard) or `readBack` (hash checked again) does not compile against `remediate`.
 */
import { createHash } from 'node:crypto';
import type { Action } from './incident.ts';

/** Exactly what would be done: the hash covers every field, so nothing else can be done under it. */
export interface PlannedAction {
  incidentId: string;
  attempt: number;
  action: Action;
  target: string;
  /** Null: the service as a whole. */
  instance: string | null;
  /** For a ROLLBACK: the release to go back to. */
  version: string | null;
}

/** One guard's word. */
export interface Check {
  guard: string;
  allowed: boolean;
  reason: string;
}

export interface Verdict {
  /** `ask`: a person has to say yes to exactly this. */
  decision: 'allow' | 'ask' | 'deny';
  planned: PlannedAction;
  hash: string;
  /** In the order of the guards; the last one is the refusal, if there is one. */
  checks: Check[];
  at: string;
}

declare const allowed: unique symbol;
export type AllowedVerdict = Verdict & { decision: 'allow'; readonly [allowed]: true };

/** SHA-256 over the planned action, fields in a fixed order. */
export function hashOf(p: PlannedAction): string {
  const canonical = JSON.stringify([p.incidentId, p.attempt, p.action, p.target, p.instance, p.version]);
  return createHash('sha256').update(canonical).digest('hex');
}

/** For guard alone: turns the guards' words into a verdict. All must allow, and there must be at least one. */
export function decide(planned: PlannedAction, checks: Check[], at: string, asks = false): Verdict {
  const allow = checks.length > 0 && checks.every((check) => check.allowed);
  const decision = allow ? 'allow' : asks ? 'ask' : 'deny';
  return { decision, planned, hash: hashOf(planned), checks, at };
}

/** A stored verdict as a ticket again, or the reason why it is none. */
export function readBack(verdict: Verdict | null): AllowedVerdict | { refused: string } {
  if (!verdict) return { refused: 'no verdict is stored' };
  if (verdict.decision !== 'allow' || verdict.checks.length === 0 || verdict.checks.some((c) => !c.allowed))
    return { refused: 'the stored verdict does not allow the action' };
  if (hashOf(verdict.planned) !== verdict.hash)
    return { refused: 'the stored verdict was altered: its hash does not match its action' };
  return verdict as AllowedVerdict;
}

/** What the guards are told, and how they answer. */
import type { Approval, Hold } from '../incident/approvals.ts';
import type { Halt } from '../incident/control.ts';
import type { ActionRecord, Diagnosis, Incident, Target } from '../incident/incident.ts';
import type { PlannedAction } from '../incident/verdict.ts';

export interface Policy {
  minConfidence: number;
  cooldownSeconds: number;
  maxAttempts: number;
  /** Evidence older than this says nothing about now. */
  staleSeconds: number;
  /** So many cures of the same alert within the hour, and it came back: another one cures nothing. */
  flappingLimit: number;
}
/** An Alertmanager silence that matches the target. */
export interface Silence {
  by: string;
  comment: string;
  endsAt: string;
}
export interface Facts {
  incident: Incident;
  diagnosis: Diagnosis;
  planned: PlannedAction;
  /** Null when the inventory does not know the target. */
  target: Target | null;
  policy: Policy;
  halt: Halt;
  hold: Hold | null;
  /** A text: why it cannot be told. */
  silence: Silence | string | null;
  /** Actions on the target within the last hour, newest first. */
  recentActions: ActionRecord[];
  /** How often within the last hour the same alert of the target was cured by an action. */
  cures: number;
  /** A person's answer about exactly the planned action. */
  approval: Approval | null;
  now: Date;
}
/**
 * A guard's word. `gone`: refused because there is nothing left to do; `stale`: because it has to be looked at again;
 * `ask`: because a person has to say yes first.
 */
export interface Word {
  allowed: boolean;
  reason: string;
  gone?: boolean;
  stale?: boolean;
  ask?: boolean;
}
export interface Guard {
  name: string;
  check: (facts: Facts) => Word;
}

export const yes = (reason: string): Word => ({ allowed: true, reason });
export const no = (reason: string): Word => ({ allowed: false, reason });

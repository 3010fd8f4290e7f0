/** Facts that every guard allows, and how to ask one guard about others. */
import assert from 'node:assert/strict';
import {
  ago,
  diagnosisOf,
  evidenceOf,
  incidentOf,
  memory,
  NOW,
  plannedOf,
  targetOf,
  verdictOf,
} from '../../test/builders.ts';
import type { Approval, Hold } from '../incident/approvals.ts';
import type { Halt } from '../incident/control.ts';
import type { ActionRecord, Incident, Target } from '../incident/incident.ts';
import type { Facts, Guard, Policy, Silence } from './facts.ts';
import { makeGuard, makeRecheck, makeRecheckUndo } from './guard.ts';
import { GUARDS, UNDO_GUARDS } from './guards.ts';

export const POLICY: Policy = {
  ...{ minConfidence: 0.7, cooldownSeconds: 300, maxAttempts: 2, staleSeconds: 60, flappingLimit: 3 },
};
export const NO_HALT = { on: false, by: '', at: '' };
export const HALTED = { on: true, by: 'kim', at: 'noon' };
export const HOLD: Hold = {
  target: 'shop',
  by: 'lee',
  incidentId: 'inc-0',
  since: ago(60),
  until: ago(-600),
};
export const SILENCE: Silence = { by: 'lee', comment: 'moving house', endsAt: ago(-600) };

/** Memory of the only instance of a willing target is nearly full. */
export function factsOf(over: Partial<Facts> = {}): Facts {
  return {
    incident: incidentOf({ evidence: evidenceOf(memory([0.5, 0.96])), evidenceAt: ago(1) }),
    diagnosis: diagnosisOf(),
    planned: plannedOf(),
    target: targetOf(),
    policy: POLICY,
    halt: NO_HALT,
    hold: null,
    silence: null,
    recentActions: [],
    cures: 0,
    approval: null,
    now: NOW,
    ...over,
  };
}
export const incidentWith = (over: Partial<Incident>) => ({
  incident: incidentOf({ ...factsOf().incident, ...over }),
});

export function say(guard: string, over: Partial<Facts> = {}) {
  const found = [...GUARDS, ...UNDO_GUARDS].find((one) => one.name === guard);
  assert.ok(found, `there is no guard ${guard}`);
  return found.check(factsOf(over));
}
export function allows(guard: string, over: Partial<Facts>, why?: string) {
  const word = say(guard, over);
  assert.equal(word.allowed, true, why ?? `${guard} refused: ${word.reason}`);
}
export function refuses(guard: string, over: Partial<Facts>, reason: RegExp) {
  const word = say(guard, over);
  assert.equal(word.allowed, false, `${guard} allowed: ${word.reason}`);
  assert.match(word.reason, reason);
}

/** A person's answer to the question about exactly what `plannedOf` plans. */
export function approvalOf(over: Partial<Approval> = {}): Approval {
  const { hash, planned } = verdictOf();
  return {
    ...{ hash, planned, incidentId: 'inc-1', askedAt: ago(60), expiresAt: ago(-840) },
    ...{ decision: null, decidedBy: null, decidedAt: null },
    ...over,
  };
}
export const APPROVED = { decision: 'approved', decidedBy: 'kim', decidedAt: ago(2) } as const;
export const REJECTED = { decision: 'rejected', decidedBy: 'kim', decidedAt: ago(2) } as const;

export const TTL_MS = 900_000;

export interface World {
  targets?: Target[];
  halted?: Halt;
  recent?: ActionRecord[];
  guards?: Guard[];
  cures?: number;
  hold?: Hold;
  /** An error: Alertmanager cannot be read. */
  silence?: Silence | Error;
  /** A person's answers. */
  answers?: Approval[];
}
/** The guard stage, and what is asked before acting, in a world where nothing is amiss but what is given. */
export function guardIn(world: World = {}) {
  const {
    targets = [targetOf()],
    halted = NO_HALT,
    recent = [],
    cures = 0,
    hold,
    silence,
    answers = [],
  } = world;
  const asked: [string, number][] = [];
  const options = {
    policy: POLICY,
    inventory: async () => targets,
    halt: async () => halted,
    recentActions: async (target: string, seconds: number) => {
      asked.push([target, seconds]);
      return recent;
    },
    cures: async () => cures,
    approvals: {
      of: async (hash: string) => answers.find((answer) => answer.hash === hash) ?? null,
      holdOn: async (target: string) => (hold?.target === target ? hold : null),
    },
    silenceOn: async () => (silence instanceof Error ? Promise.reject(silence) : (silence ?? null)),
    approvalTtlMs: TTL_MS,
    clock: () => NOW,
    ...(world.guards && { guards: world.guards }),
  };
  const [guard, recheck, recheckUndo] = [makeGuard(options), makeRecheck(options), makeRecheckUndo(options)];
  return { options, guard, recheck, recheckUndo, asked };
}
export const diagnosed = (over: Partial<Incident> = {}) =>
  incidentOf({
    evidence: evidenceOf(memory([0.5, 0.96])),
    evidenceAt: ago(1),
    diagnosis: diagnosisOf(),
    ...over,
  });

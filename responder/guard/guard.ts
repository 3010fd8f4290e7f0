/** Diagnosis -> verdict. Code, not prompt. A guard that breaks has refused. */
import { wordsOf } from '../errors.ts';
import type { Halt } from '../incident/control.ts';
import type { ActionRecord, Incident, Outcome, Target } from '../incident/incident.ts';
import { type Check, decide, type Verdict } from '../incident/verdict.ts';
import { type Facts, GUARDS, type Guard, type Policy } from './guards.ts';

interface Options {
  policy: Policy;
  inventory: () => Promise<Target[]>;
  halt: () => Promise<Halt>;
  recentActions: (target: string, seconds: number) => Promise<ActionRecord[]>;
  clock: () => Date;
  guards?: Guard[];
}
export interface Guarded {
  result: 'allowed' | 'denied';
  say: string;
  found: { verdict: Verdict; conclusion: string | null };
  outcome?: Outcome;
}

export function makeGuard({ policy, inventory, halt, recentActions, clock, guards = GUARDS }: Options) {
  return async (incident: Incident): Promise<Guarded> => {
    const { diagnosis } = incident;
    if (!diagnosis) throw new Error(`${incident.id} reached the guards without a diagnosis`);
    const target = (await inventory()).find((t) => t.name === incident.target) ?? null;
    const only = target?.instances.length === 1 ? (target.instances[0]?.id ?? null) : null;
    const planned = {
      incidentId: incident.id,
      attempt: incident.attempts + 1,
      action: diagnosis.action,
      target: incident.target,
      instance: diagnosis.instance ?? only,
    };
    const now = clock();
    if (diagnosis.action === 'NOOP')
      return nothingToDo(incident, decide(planned, [NO_ACTION_ASKED], now.toISOString()));
    const facts: Facts = {
      incident,
      diagnosis,
      planned,
      target,
      policy,
      halt: await halt(),
      recentActions: await recentActions(incident.target, policy.cooldownSeconds),
      now,
    };
    return judge(facts, guards);
  };
}

/** The pure part: facts in, verdict out. */
export function judge(facts: Facts, guards: Guard[]): Guarded {
  const checks: Check[] = [];
  let gone = false;
  for (const { name, check } of guards) {
    const word = sayOf(check, facts);
    checks.push({ guard: name, allowed: word.allowed, reason: word.reason });
    gone = word.gone === true;
    if (!word.allowed) break;
  }
  const verdict = decide(facts.planned, checks, facts.now.toISOString());
  const { action, instance } = facts.planned;
  if (verdict.decision === 'allow')
    return {
      result: 'allowed',
      say: `${action} on ${instance} allowed`,
      found: { verdict, conclusion: null },
    };
  const refusal = checks.at(-1);
  const conclusion = `${action} on ${instance ?? facts.planned.target} refused by ${refusal?.guard}: ${refusal?.reason}`;
  return {
    result: 'denied',
    say: conclusion,
    found: { verdict, conclusion },
    outcome: gone ? 'no_action' : 'escalated',
  };
}

const NO_ACTION_ASKED: Check = {
  guard: 'diagnosis',
  allowed: false,
  reason: 'the diagnosis asks for no action',
};

function nothingToDo({ diagnosis }: Incident, verdict: Verdict): Guarded {
  const over = diagnosis?.category === 'none';
  const conclusion = over
    ? `Nothing to do: ${diagnosis?.root_cause}`
    : `A person is needed: ${diagnosis?.root_cause}`;
  return {
    result: 'denied',
    say: conclusion,
    found: { verdict, conclusion },
    outcome: over ? 'no_action' : 'escalated',
  };
}

function sayOf(check: Guard['check'], facts: Facts) {
  try {
    return check(facts);
  } catch (error) {
    return { allowed: false, reason: `the guard itself broke: ${wordsOf(error)}`, gone: false };
  }
}

/** Diagnosis -> verdict. Code, not prompt. A guard that breaks has refused. */
import { wordsOf } from '../errors.ts';
import type { Halt } from '../incident/control.ts';
import type { ActionRecord, Diagnosis, Incident, Outcome, Target } from '../incident/incident.ts';
import { type Check, decide, type PlannedAction, type Verdict } from '../incident/verdict.ts';
import { type Facts, GUARDS, type Guard, type Policy, type Word } from './guards.ts';

interface Options {
  policy: Policy;
  inventory: () => Promise<Target[]>;
  halt: () => Promise<Halt>;
  recentActions: (target: string, seconds: number) => Promise<ActionRecord[]>;
  clock: () => Date;
  guards?: Guard[];
}
export interface Guarded {
  result: 'allowed' | 'denied' | 'stale';
  say: string;
  found: { verdict: Verdict; conclusion: string | null; staleRounds?: number };
  outcome?: Outcome;
}

export function makeGuard(options: Options) {
  return async (incident: Incident): Promise<Guarded> => {
    const { diagnosis } = incident;
    if (!diagnosis) throw new Error(`${incident.id} reached the guards without a diagnosis`);
    const target = await targetOf(options, incident);
    const only = target?.instances.length === 1 ? (target.instances[0]?.id ?? null) : null;
    const planned = {
      incidentId: incident.id,
      attempt: incident.attempts + 1,
      action: diagnosis.action,
      target: incident.target,
      instance: diagnosis.instance ?? only,
    };
    if (diagnosis.action === 'NOOP')
      return nothingToDo(incident, decide(planned, [NO_ACTION_ASKED], options.clock().toISOString()));
    const facts = await factsOf(options, incident, diagnosis, planned, target);
    return judge(facts, options.guards ?? GUARDS);
  };
}

/** What `remediate` asks again just before it acts: a verdict is about a moment, and the world may have moved on. */
export interface Recheck {
  allowed: boolean;
  reason: string;
  gone: boolean;
  stale: boolean;
}

/** All guards once more, on fresh facts, about exactly the action that was allowed. */
export function makeRecheck(options: Options) {
  return async (incident: Incident): Promise<Recheck> => {
    const { diagnosis, verdict } = incident;
    if (!diagnosis || !verdict) throw new Error(`${incident.id} has no verdict to check again`);
    const target = await targetOf(options, incident);
    const facts = await factsOf(options, incident, diagnosis, verdict.planned, target);
    const { checks, last } = wordsOfAll(facts, options.guards ?? GUARDS);
    const { guard, allowed, reason } = checks.at(-1) ?? { guard: 'none', allowed: false, reason: 'no guard' };
    return { allowed, reason: `${guard}: ${reason}`, gone: last?.gone === true, stale: last?.stale === true };
  };
}

async function targetOf({ inventory }: Options, incident: Incident): Promise<Target | null> {
  return (await inventory()).find((target) => target.name === incident.target) ?? null;
}

async function factsOf(
  { policy, halt, recentActions, clock }: Options,
  incident: Incident,
  diagnosis: Diagnosis,
  planned: PlannedAction,
  target: Target | null,
): Promise<Facts> {
  return {
    incident,
    diagnosis,
    planned,
    target,
    policy,
    halt: await halt(),
    recentActions: await recentActions(incident.target, policy.cooldownSeconds),
    now: clock(),
  };
}

/** The pure part: facts in, verdict out. */
export function judge(facts: Facts, guards: Guard[]): Guarded {
  const { checks, last } = wordsOfAll(facts, guards);
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
  if (last?.stale) {
    const staleRounds = facts.incident.staleRounds + 1;
    return { result: 'stale', say: conclusion, found: { verdict, conclusion: null, staleRounds } };
  }
  return {
    result: 'denied',
    say: conclusion,
    found: { verdict, conclusion },
    outcome: last?.gone ? 'no_action' : 'escalated',
  };
}

/** Up to the first refusal, which is then `last`. */
function wordsOfAll(facts: Facts, guards: Guard[]): { checks: Check[]; last: Word | undefined } {
  const checks: Check[] = [];
  let last: Word | undefined;
  for (const { name, check } of guards) {
    last = sayOf(check, facts);
    checks.push({ guard: name, allowed: last.allowed, reason: last.reason });
    if (!last.allowed) break;
  }
  return { checks, last };
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

function sayOf(check: Guard['check'], facts: Facts): Word {
  try {
    return check(facts);
  } catch (error) {
    return { allowed: false, reason: `the guard itself broke: ${wordsOf(error)}` };
  }
}

/** Diagnosis -> verdict. Code, not prompt. A guard that breaks has refused. */
import { wordsOf } from '../errors.ts';
import type { Approval, Hold, Question } from '../incident/approvals.ts';
import type { Halt } from '../incident/control.ts';
import { survivedKillIn } from '../incident/crashes.ts';
import { SLACK_MS } from '../incident/freshness.ts';
import type { ActionRecord, Diagnosis, Evidence, Incident, Outcome, Target } from '../incident/incident.ts';
import { type Check, decide, hashOf, type PlannedAction, type Verdict } from '../incident/verdict.ts';
import type { Facts, Guard, Policy, Silence, Word } from './facts.ts';
import { GUARDS, UNDO_GUARDS } from './guards.ts';

export { makeSilenceOn } from './silences.ts';

interface Options {
  policy: Policy;
  inventory: () => Promise<Target[]>;
  halt: () => Promise<Halt>;
  recentActions: (target: string, seconds: number) => Promise<ActionRecord[]>;
  /** How often the same alerts of the target were cured within the last `seconds`. */
  cures: (incident: Incident, seconds: number) => Promise<number>;
  approvals: { of(hash: string): Promise<Approval | null>; holdOn(target: string): Promise<Hold | null> };
  /** Throws where Alertmanager was never readable: that is a refusal. */
  silenceOn: (target: string, instances: string[]) => Promise<Silence | null>;
  /** How long a person may take for an answer, in ms. */
  approvalTtlMs: number;
  clock: () => Date;
  guards?: Guard[];
}
export interface Guarded {
  result: 'allowed' | 'ask' | 'denied' | 'stale';
  say: string;
  found: { verdict: Verdict; conclusion: string | null; staleRounds?: number; watchUntil?: string | null };
  question?: Question;
  outcome?: Outcome;
}

/** The past that the guards look at: cooldown and flapping. */
const HOUR_SECONDS = 3_600;

export function makeGuard(options: Options) {
  return async (incident: Incident): Promise<Guarded> => {
    const { diagnosis } = incident;
    if (!diagnosis) throw new Error(`${incident.id} reached the guards without a diagnosis`);
    const target = await targetOf(options, incident.target);
    const planned = planOf(incident, diagnosis, target);
    if (diagnosis.action === 'NOOP') return nothingToDo(incident, diagnosis, planned, options.clock());
    const facts = await factsOf(options, incident, diagnosis, planned, target);
    return judge(facts, options.guards ?? GUARDS, options.approvalTtlMs);
  };
}

/** Exactly what would be done. A restart is of one instance; a release and the number of instances are the service's. */
function planOf(incident: Incident, diagnosis: Diagnosis, target: Target | null): PlannedAction {
  const only = target?.instances.length === 1 ? (target.instances[0]?.id ?? null) : null;
  const ofOne = diagnosis.action === 'RESTART';
  return {
    incidentId: incident.id,
    attempt: incident.attempts + 1,
    action: diagnosis.action,
    target: incident.target,
    instance: ofOne ? (diagnosis.instance ?? only) : null,
    version: diagnosis.action === 'ROLLBACK' ? diagnosis.version : null,
  };
}

/** What `remediate` asks again just before it acts: a verdict is about a moment, and the world may have moved on. */
export interface Recheck {
  allowed: boolean;
  reason: string;
  gone: boolean;
  stale: boolean;
  ask: boolean;
}

/** All guards once more, on fresh facts, about exactly the action that was allowed. */
export function makeRecheck(options: Options) {
  return async (incident: Incident): Promise<Recheck> => {
    const { diagnosis, verdict } = incident;
    if (!diagnosis || !verdict) throw new Error(`${incident.id} has no verdict to check again`);
    const target = await targetOf(options, incident.target);
    const facts = await factsOf(options, incident, diagnosis, verdict.planned, target);
    return lastWordOf(facts, options.guards ?? GUARDS);
  };
}

/** Whether something of ours may be taken back now. */
export function makeRecheckUndo(options: Options) {
  return async (incident: Incident, action: ActionRecord): Promise<Recheck> => {
    const { diagnosis, verdict } = incident;
    if (!diagnosis || !verdict) throw new Error(`${incident.id} did nothing that could be taken back`);
    const target = await targetOf(options, action.target);
    const facts = await factsOf(options, incident, diagnosis, verdict.planned, target);
    return lastWordOf(facts, UNDO_GUARDS);
  };
}

function lastWordOf(facts: Facts, guards: Guard[]): Recheck {
  const { checks, last } = wordsOfAll(facts, guards);
  const { guard, allowed, reason } = checks.at(-1) ?? { guard: 'none', allowed: false, reason: 'no guard' };
  const { gone = false, stale = false, ask = false } = last ?? {};
  return { allowed, reason: `${guard}: ${reason}`, gone, stale, ask };
}

async function targetOf({ inventory }: Options, name: string): Promise<Target | null> {
  return (await inventory()).find((target) => target.name === name) ?? null;
}

async function factsOf(
  options: Options,
  incident: Incident,
  diagnosis: Diagnosis,
  planned: PlannedAction,
  target: Target | null,
): Promise<Facts> {
  const { policy, halt, recentActions, cures, approvals, silenceOn, clock } = options;
  return {
    incident,
    diagnosis,
    planned,
    target,
    policy,
    halt: await halt(),
    hold: await approvals.holdOn(incident.target),
    silence: await silenceOn(incident.target, target?.instances.map(({ id }) => id) ?? []).catch(wordsOf),
    recentActions: await recentActions(incident.target, Math.max(HOUR_SECONDS, policy.cooldownSeconds)),
    cures: await cures(incident, HOUR_SECONDS),
    approval: await approvals.of(hashOf(planned)),
    now: clock(),
  };
}

/** The pure part: facts in, verdict out. */
export function judge(facts: Facts, guards: Guard[], approvalTtlMs = 0): Guarded {
  const { checks, last } = wordsOfAll(facts, guards);
  const { planned } = facts;
  const verdict = decide(planned, checks, facts.now.toISOString(), last?.ask);
  const what = `${planned.action} on ${planned.instance ?? planned.target}${planned.version ? ` to ${planned.version}` : ''}`;
  if (verdict.decision === 'allow')
    return {
      result: 'allowed',
      say: `${what} allowed`,
      found: { verdict, conclusion: null, staleRounds: 0 },
    };
  const refusal = checks.at(-1);
  if (verdict.decision === 'ask') {
    const question = { hash: verdict.hash, planned, ttlMs: approvalTtlMs };
    return { result: 'ask', say: `${refusal?.reason}`, found: { verdict, conclusion: null }, question };
  }
  const conclusion = `${what} refused by ${refusal?.guard}: ${refusal?.reason}`;
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

/** Over where nothing is wrong any more, or where evidence shows that what was killed runs and is well again; else a person's. */
function nothingToDo(
  { evidence }: Incident,
  { category, root_cause, justification }: Diagnosis,
  planned: PlannedAction,
  now: Date,
): Guarded {
  const verdict = decide(planned, [NO_ACTION_ASKED], now.toISOString());
  const survived = category === 'memory_leak' && survivedKillIn(evidence) !== null;
  if (category !== 'none' && !survived) {
    const conclusion = `A person is needed: ${root_cause}`;
    return { result: 'denied', say: conclusion, found: { verdict, conclusion }, outcome: 'escalated' };
  }
  const conclusion = survived
    ? `Nothing to do now: ${root_cause}. ${justification}`
    : `Nothing to do: ${root_cause}`;
  const found = { verdict, conclusion, watchUntil: watchUntil(evidence, now) };
  return { result: 'denied', say: conclusion, found, outcome: 'no_action' };
}

/** When alerts that look back at what is over should have stopped firing; null where none does. */
function watchUntil(evidence: Evidence[], now: Date): string | null {
  const windows = evidence.map(({ data }) =>
    data.kind === 'alert' && data.holds ? (data.windowSeconds ?? 0) : 0,
  );
  const longest = Math.max(0, ...windows);
  return longest > 0 ? new Date(now.getTime() + longest * 1000 + SLACK_MS).toISOString() : null;
}

function sayOf(check: Guard['check'], facts: Facts): Word {
  try {
    return check(facts);
  } catch (error) {
    return { allowed: false, reason: `the guard itself broke: ${wordsOf(error)}` };
  }
}

/**
 * Verdict -> outcome. Does one allowed action, once: the intent is written before the call with a picture of the
 * instance, so that whoever takes over after a crash can tell whether the call was made.
 */
import { randomUUID } from 'node:crypto';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { AegisError, wordsOf } from '../errors.ts';
import {
  type ActionRecord,
  type Breach,
  episodeOf,
  type Incident,
  type Outcome,
} from '../incident/incident.ts';
import type { Lease, Store } from '../incident/store.ts';
import { type AllowedVerdict, readBack } from '../incident/verdict.ts';
import { precheck, run, wasDone } from './actions/restart.ts';

const LAST_OUTPUT_CHARS = 2_000;

interface Options {
  runtime: Runtime;
  store: Pick<Store, 'intend' | 'settle' | 'renew'>;
  leaseMs: number;
  /** All guards once more, on fresh facts: the verdict may be from before a crash, or from before a person stepped in. */
  recheck: (
    incident: Incident,
  ) => Promise<{ allowed: boolean; reason: string; gone: boolean; stale: boolean }>;
  readBreach: (incident: Incident, signal: AbortSignal) => Promise<Breach>;
  clock: () => Date;
}
interface Run {
  signal: AbortSignal;
  lease: Lease;
}
export interface Remediated {
  /**
   * `acted`: look whether it helped. `wait`: a call of a crashed worker may still be under way. `stale`: too old to be
   * acted upon, look again. `stopped`: see outcome.
   */
  result: 'acted' | 'wait' | 'stale' | 'stopped';
  say: string;
  found?: { conclusion?: string; seen?: string[]; staleRounds?: number };
  outcome?: Outcome;
  attempts?: number;
  dueInMs?: number;
}

export function makeRemediate(options: Options) {
  const { clock, runtime } = options;
  return async (incident: Incident, work: Run): Promise<Remediated> => {
    const ticket = readBack(incident.verdict);
    if ('refused' in ticket) return stopped('escalated', `Nothing was done: ${ticket.refused}`);
    const known = incident.actions.find((action) => action.verdictHash === ticket.hash);
    if (!known) {
      const refusal = await lastLook(options, incident, work.signal);
      if (refusal) return refusal;
      const intent = await writeIntent(options, incident, ticket, work.lease);
      return 'result' in intent ? intent : act(options, intent, work);
    }
    if (known.state !== 'intended') return report(known);
    const age = clock().getTime() - Date.parse(known.intendedAt);
    if (age < runtime.callTimeoutMs) {
      const dueInMs = runtime.callTimeoutMs - age;
      return {
        result: 'wait',
        say: `a call made ${age} ms ago may still be under way: waiting it out`,
        dueInMs,
      };
    }
    return resume(options, incident, known, work);
  };
}

/** Just before acting: still allowed? Still broken at all? What cannot be read is a refusal. Null: go on. */
async function lastLook(
  { recheck, readBreach }: Options,
  incident: Incident,
  signal: AbortSignal,
): Promise<Remediated | null> {
  const seen = incident.alerts.map(episodeOf);
  const word = await recheck(incident);
  if (word.stale) return lookAgain(incident, `Looking again before acting: ${word.reason}`);
  if (!word.allowed) {
    const outcome = word.gone ? 'no_action' : 'escalated';
    return stopped(outcome, `Nothing was done, it is not allowed any more: ${word.reason}`, seen);
  }
  const breach = await readBreach(incident, signal);
  if (breach.state === 'gone')
    return stopped('no_action', `Nothing was done, it is over: ${breach.reading}`, seen);
  if (breach.state === 'unreadable')
    return stopped(
      'escalated',
      `Nothing was done, the breach could not be read again: ${breach.reading}`,
      seen,
    );
  return null;
}

async function writeIntent(
  { runtime, store }: Options,
  incident: Incident,
  { planned, hash }: AllowedVerdict,
  lease: Lease,
): Promise<ActionRecord | Remediated> {
  const instance = planned.instance;
  if (planned.action !== 'RESTART' || !instance)
    return stopped(
      'escalated',
      `Nothing was done: ${planned.action} on ${instance} is not known to this version`,
    );
  const before = await runtime.inspect(instance);
  const seen = incident.evidence.flatMap(({ data }) => (data.kind === 'container' ? [data.container] : []));
  const check = precheck(before, seen.find((state) => state?.instance === instance) ?? null);
  if (!check.ok) return stopped('escalated', `Nothing was done: ${check.reason}`);
  // A restart destroys what the process would still have told.
  const lastOutput = await runtime
    .tail(instance, LAST_OUTPUT_CHARS)
    .catch((error) => `(not readable: ${wordsOf(error)})`);
  return store.intend(lease, {
    id: randomUUID(),
    incidentId: incident.id,
    attempt: planned.attempt,
    action: planned.action,
    target: planned.target,
    instance,
    runtime: runtime.name,
    verdictHash: hash,
    before: { ...before, lastOutput },
  });
}

async function act(
  { runtime, store, leaseMs }: Options,
  intent: ActionRecord,
  { lease, signal }: Run,
): Promise<Remediated> {
  // The database cannot stop a process from being killed: so nobody calls who might lose the lease during the call.
  if (!(await store.renew(lease, leaseMs)) || lease.until - performance.now() < runtime.callTimeoutMs)
    throw new AegisError(
      'AEGIS_LEASE_LOST',
      `too little of the lease of ${lease.incidentId} is left for the call`,
    );
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(runtime.callTimeoutMs)]);
  // Bounded here too, should a runtime not heed its signal: the stage ends, and whoever comes next looks what became of it.
  const call = await Promise.race([
    run(runtime, intent.before, intent.id, bounded),
    rejectionOf(bounded),
  ]).then(
    (after) => ({ state: 'done', detail: `${intent.before.reason}; now ${after.reason}` }) as const,
    (error: unknown) => {
      // Only what the runtime says of the call is its outcome; all else is machinery, and is looked at again.
      if (signal.aborted || !(error instanceof AegisError) || error.code !== 'AEGIS_RUNTIME') throw error;
      return { state: 'failed', detail: wordsOf(error) } as const;
    },
  );
  return report(await store.settle(lease, intent.id, call.state, call.detail));
}

/**
 * The process ended and none was started: the crashed call was made by half. That its alert is gone means nothing then,
 * and to leave it at that would leave it down; but a halt or a withdrawn permission holds.
 */
async function lookAtHalf({ recheck }: Options, incident: Incident): Promise<Remediated | null> {
  const word = await recheck(incident);
  if (word.allowed || word.gone) return null;
  if (word.stale) return lookAgain(incident, `Looking again before starting it: ${word.reason}`);
  return stopped('escalated', `It was ended and is not started again, a person is needed: ${word.reason}`);
}

function lookAgain({ staleRounds }: Incident, say: string): Remediated {
  return { result: 'stale', say, found: { staleRounds: staleRounds + 1 } };
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The intent is there, the outcome is not: somebody crashed in between. */
async function resume(
  options: Options,
  incident: Incident,
  intent: ActionRecord,
  work: Run,
): Promise<Remediated> {
  const { runtime, store } = options;
  const now = await runtime.inspect(intent.instance);
  const answer = wasDone(intent.before, now, intent.id);
  if (answer === 'not done') {
    const refusal =
      now.state === intent.before.state
        ? await lastLook(options, incident, work.signal)
        : await lookAtHalf(options, incident);
    if (!refusal) return act(options, intent, work);
    await store.settle(work.lease, intent.id, 'withdrawn', refusal.say);
    return { ...refusal, attempts: intent.attempt };
  }
  const [state, detail] =
    answer === 'done'
      ? (['done', `found done after a crash: now ${now.reason}`] as const)
      : ([
          'unknown',
          `after a crash it cannot be told whether the call was made: now ${now.reason}`,
        ] as const);
  return report(await store.settle(work.lease, intent.id, state, detail));
}

function report(action: ActionRecord): Remediated {
  const say = `${action.action} on ${action.instance} is ${action.state}: ${action.detail}`;
  if (action.state === 'done') return { result: 'acted', say, attempts: action.attempt };
  return { ...stopped('escalated', say), attempts: action.attempt };
}

function stopped(outcome: Outcome, conclusion: string, seen?: string[]): Remediated {
  return { result: 'stopped', say: conclusion, found: { conclusion, ...(seen && { seen }) }, outcome };
}

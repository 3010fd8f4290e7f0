/**
 * Verdict -> outcome. Does one allowed action, once: the intent is written before the call with a picture of what it is
 * done to, so that whoever takes over after a crash can tell whether the call was made. What did not help is taken back here.
 */
import { randomUUID } from 'node:crypto';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { AegisError, wordsOf } from '../errors.ts';
import {
  type ActionRecord,
  type Breach,
  episodeOf,
  type Incident,
  type InstanceState,
  type Target,
} from '../incident/incident.ts';
import type { Lease, Store } from '../incident/store.ts';
import { type AllowedVerdict, readBack } from '../incident/verdict.ts';
import { operationOf } from './actions/actions.ts';
import { makeCall } from './call.ts';
import { type Remediated, report, stopped } from './remediated.ts';
import { undoStep } from './undo.ts';

export { makeStillNeeded } from './still-needed.ts';
export { makeTakeBack } from './take-back.ts';

const LAST_OUTPUT_CHARS = 2_000;

export interface Word {
  allowed: boolean;
  reason: string;
  gone: boolean;
  stale: boolean;
  /** A person has to say yes first, by now. */
  ask?: boolean;
}
export interface Options {
  runtime: Runtime;
  store: Pick<Store, 'intend' | 'settle' | 'undone' | 'renew'>;
  inventory: () => Promise<Target[]>;
  leaseMs: number;
  /** All guards once more, on fresh facts: the verdict may be from before a crash, or from before a person stepped in. */
  recheck: (incident: Incident) => Promise<Word>;
  /** Whether an action of ours may be taken back now. */
  recheckUndo: (incident: Incident, action: ActionRecord) => Promise<Word>;
  readBreach: (incident: Incident, signal: AbortSignal) => Promise<Breach>;
  /** How long a SCALE_UP stays, in ms. */
  takeBackMs: number;
  maxAttempts: number;
  clock: () => Date;
}
export interface Run {
  signal: AbortSignal;
  lease: Lease;
}
export function makeRemediate(options: Options) {
  const { clock, runtime } = options;
  return async (incident: Incident, work: Run): Promise<Remediated> => {
    if (incident.undoing) return undoStep(options, incident, incident.undoing, work);
    const ticket = readBack(incident.verdict);
    if ('refused' in ticket) return stopped('escalated', `Nothing was done: ${ticket.refused}`);
    const known = incident.actions.find((action) => action.verdictHash === ticket.hash);
    if (!known) {
      const refusal = await lastLook(options, incident, work.signal);
      if (refusal) return refusal;
      const intent = await writeIntent(options, incident, ticket, work.lease);
      return 'result' in intent ? intent : act(options, intent, work);
    }
    // Whoever withdrew it crashed before saying what next.
    if (known.state === 'withdrawn')
      return { ...lookAgain(incident, `Looking again: ${known.detail}`), attempts: known.attempt };
    if (known.state !== 'intended') return report(known);
    const age = clock().getTime() - Date.parse(known.intendedAt);
    const longest = runtime.callTimeoutMs * known.before.instances.length;
    if (age < longest) {
      const say = `a call made ${age} ms ago may still be under way: waiting it out`;
      return { result: 'wait', say, dueInMs: longest - age };
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
  if (word.stale || word.ask) return lookAgain(incident, `Looking again before acting: ${word.reason}`);
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
  { runtime, store, inventory }: Options,
  incident: Incident,
  { planned, hash }: AllowedVerdict,
  lease: Lease,
): Promise<ActionRecord | Remediated> {
  const operation = operationOf(planned.action);
  const target = (await inventory()).find((one) => one.name === planned.target);
  if (!operation || !target)
    return stopped('escalated', `Nothing was done: ${planned.action} on ${planned.target} cannot be done`);
  const seen = incident.evidence.flatMap(({ data }) =>
    data.kind === 'container' && data.container ? [data.container] : [],
  );
  const prepared = await operation.prepare(runtime, { planned, target, seen }).catch((error: unknown) => {
    if (error instanceof AegisError && error.code === 'AEGIS_RUNTIME') return { refused: error.message };
    throw error;
  });
  if ('refused' in prepared) return stopped('escalated', `Nothing was done: ${prepared.refused}`);
  return store.intend(lease, {
    id: randomUUID(),
    incidentId: incident.id,
    attempt: planned.attempt,
    action: planned.action,
    target: planned.target,
    instance: prepared.instance,
    runtime: runtime.name,
    verdictHash: hash,
    before: { ...prepared.before, lastOutput: await lastOutput(runtime, prepared.before.instances) },
  });
}

/** A call destroys what the processes would still have told. */
async function lastOutput(runtime: Runtime, instances: InstanceState[]): Promise<string> {
  const known = instances.filter((instance) => instance.state !== 'unknown');
  const texts = await Promise.all(
    known.map(({ instance }) =>
      runtime.tail(instance, LAST_OUTPUT_CHARS).catch((error) => `(not readable: ${wordsOf(error)})`),
    ),
  );
  return texts.join('\n');
}

async function act(options: Options, intent: ActionRecord, work: Run): Promise<Remediated> {
  const { store, runtime } = options;
  const operation = operationOf(intent.action);
  if (!operation) throw new Error(`${intent.action} has no operation`);
  const call = await makeCall(options, work, intent.before.instances.length, (signal, renew) =>
    operation.run(runtime, intent, signal, renew),
  ).then(
    (after) => ({ state: 'done', detail: detailOf(intent, after) }) as const,
    (error: unknown) => {
      // Only what the runtime says of the call is its outcome; all else is machinery, and is looked at again.
      if (work.signal.aborted || !(error instanceof AegisError) || error.code !== 'AEGIS_RUNTIME')
        throw error;
      return { state: 'failed', detail: wordsOf(error) } as const;
    },
  );
  return report(
    await store.settle(work.lease, intent.id, call.state, call.detail, undoInMs(options, intent, call.state)),
  );
}

/**
 * When it falls due to be taken back: a SCALE_UP after its time; what a failed call left half-made, at once (the take-back
 * job does it as soon as the incident is closed, whoever crashes meanwhile). Else only a failed verification asks for it.
 */
function undoInMs(
  { takeBackMs }: Options,
  { action }: ActionRecord,
  state: ActionRecord['state'] | 'half',
): number | undefined {
  if (!operationOf(action)?.undo) return undefined;
  if (state === 'failed' || state === 'half') return 0;
  if (action !== 'SCALE_UP') return undefined;
  // Of an instance that nobody can tell about, what is there is taken away: that is conditional on its id.
  return state === 'done' ? takeBackMs : state === 'unknown' ? 0 : undefined;
}

function detailOf({ before }: ActionRecord, after: InstanceState[]): string {
  const was = before.instances.map(({ reason }) => reason).join('; ');
  const version = before.to ? ` (release ${before.to} instead of ${before.from})` : '';
  return `${was}; now ${after.map(({ reason }) => reason).join('; ')}${version}`;
}

/**
 * The call was made by half: something ended, and nothing took its place. That its alert is gone means nothing then, and
 * to leave it at that would leave it down; but a halt or a withdrawn permission holds.
 */
async function lookAtHalf({ recheck }: Options, incident: Incident): Promise<Remediated | null> {
  const word = await recheck(incident);
  if (word.allowed || word.gone) return null;
  if (word.stale) return lookAgain(incident, `Looking again before finishing it: ${word.reason}`);
  return stopped('escalated', `It was done by half and is not finished, a person is needed: ${word.reason}`);
}

function lookAgain({ staleRounds }: Incident, say: string): Remediated {
  return { result: 'stale', say, found: { staleRounds: staleRounds + 1 } };
}

/** The intent is there, the outcome is not: somebody crashed in between. */
async function resume(
  options: Options,
  incident: Incident,
  intent: ActionRecord,
  work: Run,
): Promise<Remediated> {
  const { runtime, store } = options;
  const operation = operationOf(intent.action);
  const now = await Promise.all(intent.before.instances.map(({ instance }) => runtime.inspect(instance)));
  const reasons = now.map(({ reason }) => reason).join('; ');
  const answer = operation?.wasDone(intent, now) ?? 'cannot tell';
  if (answer === 'not done' || answer === 'half') {
    const refusal =
      answer === 'not done'
        ? await lastLook(options, incident, work.signal)
        : await lookAtHalf(options, incident);
    if (!refusal) return act(options, intent, work);
    const due = answer === 'half' ? undoInMs(options, intent, 'half') : undefined;
    await store.settle(work.lease, intent.id, 'withdrawn', refusal.say, due);
    return { ...refusal, attempts: intent.attempt };
  }
  const [state, detail] =
    answer === 'done'
      ? (['done', `found done after a crash: now ${reasons}`] as const)
      : (['unknown', `after a crash it cannot be told whether the call was made: now ${reasons}`] as const);
  return report(await store.settle(work.lease, intent.id, state, detail, undoInMs(options, intent, state)));
}

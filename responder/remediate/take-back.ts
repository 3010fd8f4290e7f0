/** Taking an action back at its due time, after its incident has ended: through the guards, and only where it is not needed any more. */
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { AegisError, wordsOf } from '../errors.ts';
import type { ActionRecord, Incident } from '../incident/incident.ts';
import type { TakeBacks } from '../incident/take-backs.ts';
import { operationOf } from './actions/actions.ts';
import type { Word } from './remediate.ts';

/** Put off by a guard or by the load, it is looked at again after this. */
const LATER_MS = 30_000;
/** The guards and the load are asked within the lease, too. */
const SLACK_MS = 15_000;

/** What became of a take-back, for whoever listens. */
export interface TakeBackNews {
  incident: Incident;
  stage: 'remediate';
  result: 'taken_back' | 'take_back_failed';
  say: string;
  state: Incident['state'];
  outcome: null;
  ms: number;
}

interface Options {
  takeBacks: TakeBacks;
  announce: (news: TakeBackNews) => void;
  runtime: Runtime;
  owner: string;
  incident: (id: string) => Promise<Incident | null>;
  recheckUndo: (incident: Incident, action: ActionRecord) => Promise<Word>;
  /** Why the service still needs the instance, or null; throws where that cannot be told, which puts it off. */
  stillNeeded: (target: string, instance: string) => Promise<string | null>;
  /** How long to wait after it was put off, in ms. */
  laterMs?: number;
}

/** Looks for one that is due, and does it. @returns whether there was one. */
export function makeTakeBack(options: Options): () => Promise<boolean> {
  const { takeBacks, runtime, owner, announce, incident, laterMs = LATER_MS } = options;
  const longestMs = Math.max(runtime.callTimeoutMs, runtime.scaleDownTimeoutMs);
  return async () => {
    const began = performance.now();
    const action = await takeBacks.claim(owner, longestMs + SLACK_MS);
    if (!action) return false;
    const answer = await answerOf(options, action, longestMs);
    const end =
      answer.result === 'later' ? { result: 'later' as const, inMs: laterMs } : { result: answer.result };
    await takeBacks.finish(action.id, owner, end, answer.why);
    const record = answer.result === 'later' ? null : await incident(action.incidentId).catch(() => null);
    if (record)
      announce({
        incident: record,
        stage: 'remediate',
        result: answer.result === 'done' ? 'taken_back' : 'take_back_failed',
        say: answer.why,
        ...{ state: record.state, outcome: null, ms: performance.now() - began },
      });
    return true;
  };
}

type Answer = { result: 'done' | 'failed' | 'later'; why: string };

async function answerOf(options: Options, action: ActionRecord, longestMs: number): Promise<Answer> {
  const name = `${action.action} on ${action.instance}`;
  const { wait, needless } = await reasonNotTo(options, action);
  // Half of a rollback is what a person finds who steps in; once they have had it, it is not ours to change.
  if (wait && action.action === 'ROLLBACK')
    return { result: 'failed', why: `${name} is left as it is: ${wait}` };
  if (wait) return { result: 'later', why: `${name} is not taken back yet: ${wait}` };
  if (needless) return { result: 'done', why: `${name} stays: ${needless}` };
  const undo = operationOf(action.action)?.undo;
  try {
    if (!undo) throw new AegisError('AEGIS_RUNTIME', `${action.action} has no way back`);
    const told = await undo(options.runtime, action, AbortSignal.timeout(longestMs));
    return { result: 'done', why: `${name} was taken back: ${told}` };
  } catch (error) {
    // Anything but the runtime's own word is machinery: the lease ends, and it is done again.
    if (!(error instanceof AegisError) || error.code !== 'AEGIS_RUNTIME') throw error;
    return {
      result: 'failed',
      why: `${name} could not be taken back, a person is needed: ${wordsOf(error)}`,
    };
  }
}

async function reasonNotTo(
  { incident, recheckUndo, stillNeeded }: Options,
  action: ActionRecord,
): Promise<{ wait?: string | null; needless?: string }> {
  try {
    const record = await incident(action.incidentId);
    if (!record) return { wait: `its incident ${action.incidentId} cannot be read` };
    const later = record.actions.find((one) => finishes(one, action));
    if (later) return { needless: `attempt ${later.attempt} finished it` };
    const word = await recheckUndo(record, action);
    if (!word.allowed) return { wait: word.reason };
    // What failed is put back whatever the load is: it serves nobody.
    const isLoadBearing = action.state === 'done' && action.action === 'SCALE_UP';
    return { wait: isLoadBearing ? await stillNeeded(action.target, action.instance) : null };
  } catch (error) {
    return { wait: wordsOf(error) };
  }
}

/** A rollback that was left half-made and finished by the next: taking it back would bring the bad release back. */
function finishes(later: ActionRecord, action: ActionRecord): boolean {
  const isSame =
    later.action === 'ROLLBACK' && action.action === 'ROLLBACK' && later.before.to === action.before.to;
  return isSame && later.attempt > action.attempt && later.state === 'done' && later.undo?.state !== 'done';
}

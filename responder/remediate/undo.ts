/** Taking back, in mid-incident, what did not help: through the guards, and then on to the next best. */
import { AegisError, wordsOf } from '../errors.ts';
import { actionsMade, type Incident } from '../incident/incident.ts';
import { operationOf } from './actions/actions.ts';
import { makeCall } from './call.ts';
import type { Options, Run } from './remediate.ts';
import { type Remediated, stopped } from './remediated.ts';

/** Idempotent on the runtime, so whoever crashes in it: the next one does it again. */
export async function undoStep(
  options: Options,
  incident: Incident,
  actionId: string,
  work: Run,
): Promise<Remediated> {
  const { runtime, store, recheckUndo } = options;
  const action = incident.actions.find((one) => one.id === actionId);
  const undo = action && operationOf(action.action)?.undo;
  if (!action || !undo) throw new Error(`${actionId} of ${incident.id} cannot be taken back`);
  const name = `${action.action} on ${action.instance}`;
  // Whoever did it crashed before the stage ended: whatever the guards say by now, it is done.
  if (action.undo?.state === 'done') return wentBack(options, incident, name, action.undo.detail);
  const word = await recheckUndo(incident, action);
  if (!word.allowed)
    return over(stopped('escalated', `${name} did not help and was not taken back: ${word.reason}`));
  const longest = Math.max(runtime.callTimeoutMs, runtime.scaleDownTimeoutMs);
  const told = await makeCall(
    options,
    work,
    1,
    async (bounded, renew) => {
      await renew();
      return undo(runtime, action, bounded);
    },
    longest,
  ).catch((error: unknown) => {
    if (work.signal.aborted || !(error instanceof AegisError) || error.code !== 'AEGIS_RUNTIME') throw error;
    return error;
  });
  if (told instanceof AegisError) {
    await store.undone(work.lease, action.id, 'failed', wordsOf(told));
    return over(stopped('escalated', `${name} did not help and could not be taken back: ${wordsOf(told)}`));
  }
  await store.undone(work.lease, action.id, 'done', told);
  return wentBack(options, incident, name, told);
}

function wentBack({ maxAttempts }: Options, incident: Incident, name: string, told: string): Remediated {
  const say = `${name} did not help and was taken back: ${told}`;
  if (actionsMade(incident).length >= maxAttempts) return over(stopped('failed', say));
  return { result: 'undone', say, found: { undoing: null, conclusion: null } };
}

function over(end: Remediated): Remediated {
  return { ...end, found: { ...end.found, undoing: null } };
}

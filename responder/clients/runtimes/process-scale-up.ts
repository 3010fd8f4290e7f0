/** One instance more: started once under its start id, and listed once it answers. */
import { answers } from './instance-health.ts';
import { copiedGroup, writeCopy } from './process-copy.ts';
import { refusal, START_WAIT_MS } from './process-instances.ts';
import { ADDED_BY, groupOf, type Place } from './process-place.ts';
import { waitFor } from './process-wait.ts';
import type { RuntimeState } from './runtime.ts';

export const HEALTH_WAIT_MS = 2_000;
const HEALTH_POLL_MS = 50;
/** Nobody else has business with an instance that is only just being made. */
const NEW_LOCK_WAIT_MS = 250;

export async function scaleUp(
  place: Place,
  like: string,
  instance: string,
  startId: string,
  signal: AbortSignal,
): Promise<RuntimeState> {
  const { inspect } = place.instances;
  await startOnce(place, like, instance, startId, signal);
  const { labels } = await copiedGroup(place, like, instance, startId, await place.groups());
  const isUp = async () =>
    signal.aborted ||
    (await inspect(instance)).state !== 'running' ||
    (await answers(labels['aegis.health'] ?? null, signal));
  await waitFor(isUp, Boolean, HEALTH_WAIT_MS, HEALTH_POLL_MS);
  signal.throwIfAborted();
  await place.edit(async (groups) => {
    // It may have died meanwhile, or have been taken away by somebody who thought us dead.
    await stateOfStarted(place, instance, startId);
    if (groupOf(groups, instance)) return groups;
    return [...groups, await copiedGroup(place, like, instance, startId, groups)];
  });
  return inspect(instance);
}

async function startOnce(
  place: Place,
  like: string,
  instance: string,
  startId: string,
  signal: AbortSignal,
): Promise<void> {
  const { inspect, locked, startAfter } = place.instances;
  await place.edit(async (groups) => {
    signal.throwIfAborted();
    const listed = groupOf(groups, instance);
    if (listed && listed.labels[ADDED_BY] !== startId)
      throw refusal(`${instance} is in the inventory already, by ${listed.labels[ADDED_BY] ?? 'a person'}`);
    if (await place.isClaimed(instance, startId)) {
      await stateOfStarted(place, instance, startId);
      return groups;
    }
    await writeCopy(place, like, instance, startId, groups);
    const start = async () => startAfter(instance, startId, (await inspect(instance)).identity);
    await locked(instance, start, NEW_LOCK_WAIT_MS);
    return groups;
  });
}

/** Throws AEGIS_RUNTIME where it does not run any more: under one id it is not started twice. */
async function stateOfStarted(place: Place, instance: string, startId: string): Promise<RuntimeState> {
  const { inspect } = place.instances;
  if ((await place.unitOf(instance))?.addedBy !== startId)
    throw refusal(`${instance} is not, or no longer, the one that was started under ${startId}`);
  const isOn = (s: RuntimeState) => s.startId === startId || s.state === 'running';
  const state = await waitFor(() => inspect(instance), isOn, START_WAIT_MS);
  if (state.state === 'running') return state;
  throw refusal(`${instance} was started once and does not run: ${state.reason}; not started again`);
}

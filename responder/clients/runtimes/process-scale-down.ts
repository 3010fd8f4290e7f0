/** One instance less: unlisted, drained, ended, forgotten, in this order; whoever crashed in between is finished by the next. */
import { rm } from 'node:fs/promises';
import { START_WAIT_MS } from './process-instances.ts';
import type { Group } from './process-inventory.ts';
import { ADDED_BY, type Place } from './process-place.ts';
import { readRunRecord } from './process-run.ts';
import { waitFor } from './process-wait.ts';

const DRAIN_POLL_MS = 100;

/**
 * Ends whatever runs as an instance that `startId` added: after a restart or a rollback that is another process than
 * `startId` itself had started.
 */
export async function scaleDown(
  place: Place,
  instance: string,
  startId: string,
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { inspect, locked } = place.instances;
  const isMine = ({ labels }: Group) => labels.instance === instance && labels[ADDED_BY] === startId;
  const unlist = async (groups: Group[]) => groups.filter((group) => !isMine(group));
  if (!(await place.groups()).some(isMine) && !(await isOwn(place, instance, startId))) return;

  await place.edit(unlist);
  const isDown = async () => signal.aborted || (await inspect(instance)).state !== 'running';
  await waitFor(isDown, Boolean, drainMs, DRAIN_POLL_MS);
  signal.throwIfAborted();
  await locked(instance, async () => {
    if (!(await isOwn(place, instance, startId))) return;
    await untilStartSettled(place, instance, startId);
    await place.instances.stop(await inspect(instance)); // not under the inventory's lock: it may take a while
  });
  await place.edit(async (groups) => {
    await locked(instance, async () => {
      if (!(await isOwn(place, instance, startId))) return;
      await place.instances.stop(await inspect(instance)); // somebody may have restarted it just now
      await forget(place, instance);
    });
    return unlist(groups); // somebody who was thought dead may have listed it just now
  });
}

/** Whether what lies there under this name was made under `startId`. */
async function isOwn(place: Place, instance: string, startId: string): Promise<boolean> {
  const unit = await place.unitOf(instance);
  if (unit) return unit.addedBy === startId;
  return (await readRunRecord(place.instances.fileOf(instance, 'run')))?.startId === startId;
}

/** A start that was under way when its starter died records itself within moments. */
async function untilStartSettled(
  { instances, isClaimed }: Place,
  instance: string,
  startId: string,
): Promise<void> {
  const { state, startId: last } = await instances.inspect(instance);
  if (state === 'running' || last === startId || !(await isClaimed(instance, startId))) return;
  const isOn = () => instances.inspect(instance).then((now) => now.state === 'running');
  await waitFor(isOn, Boolean, START_WAIT_MS);
}

/** Its output is kept. The unit file goes last: it says whose the rest is. Without the folder of claims no start can begin. */
async function forget({ instances }: Place, instance: string): Promise<void> {
  for (const ending of ['starts', 'run', 'releases.json', 'unit.json'] as const)
    await rm(instances.fileOf(instance, ending), { recursive: true, force: true });
}

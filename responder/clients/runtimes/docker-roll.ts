/**
 * ROLLBACK: another container, made from this one's definition and an earlier image, takes its place and its name. The old one
 * is kept, stopped, until the new one has proved itself: it comes back at once where the new one does not stay up, and an
 * undo finds it, too.
 */

import { type Making, withImage } from './docker-definition.ts';
import { type Container, type Engine, EngineRefusal } from './docker-engine.ts';
import { connectStep, make } from './docker-make.ts';
import { keptName, nextName, parseName } from './docker-names.ts';
import { assertAllowed, type DockerPlace, lookAt } from './docker-place.ts';
import type { Entry } from './docker-releases.ts';
import { type Group, isUp, tookOver } from './docker-state.ts';
import { doSteps, type Step } from './docker-steps.ts';
import type { RuntimeState } from './runtime.ts';

/** A process that cannot live with its settings ends within this, in ms. */
const SETTLE_MS = 1_000;

export interface Roll {
  instance: string;
  before: RuntimeState;
  /** What takes its place. */
  release: Entry;
  startId: string;
}

export async function roll(place: DockerPlace, task: Roll, signal: AbortSignal): Promise<void> {
  const bounds = { signal, deadline: performance.now() + place.callTimeoutMs };
  // Why the new one was given up. A crash forgets it: then it is tried once more.
  const failure: Failure = { why: null };
  const steps = () =>
    doSteps<void>(async () => {
      const group = await lookAt(place, task.instance);
      const shown = group.serving ?? group.kept[0];
      if (shown) assertAllowed(place, shown, 'ROLLBACK');
      return nextOf(place, group, task, failure);
    }, bounds);
  try {
    await steps();
  } catch (error) {
    if (failure.why || !(error instanceof EngineRefusal)) throw error;
    failure.why = `${error.message}; what ran before is back`;
    await steps();
  }
}

/** Only where another one serves in its place. */
export async function removeKept(place: DockerPlace, instance: string, startId: string): Promise<void> {
  const { serving, kept } = await lookAt(place, instance);
  const [mine] = kept.filter(({ Name }) => parseName(Name).startId === startId);
  if (!mine || !serving || !isUp(serving)) return;
  assertAllowed(place, mine, 'ROLLBACK');
  await place.engine.remove(mine.Id, false, AbortSignal.timeout(place.callTimeoutMs));
}

interface Failure {
  why: string | null;
}

/** Decided by what is there, so that any crash in between is finished by the next look. */
function nextOf(place: DockerPlace, group: Group, task: Roll, failure: Failure): Step<void> {
  const { engine, graceSeconds } = place;
  const { instance, startId, before } = task;
  const { serving } = group;
  const ofThisStart = ({ Name }: Container) => parseName(Name).startId === startId;
  const kept = group.kept.find(ofThisStart);
  const next = group.next.find(ofThisStart);
  if (kept) return afterKept(place, { serving, next, kept }, task, failure);
  if (!serving) return { refused: `there is no container ${instance} any more` };
  if (failure.why && next) return removeStep(engine, next, task);
  if (failure.why) return isUp(serving) ? { refused: failure.why } : startOf(engine, serving, instance);
  // A crash loop starts the same container again and again; which release it runs is what counts here.
  if (!before.identity?.startsWith(`${serving.Id}@`))
    return { refused: `${instance} was replaced by somebody else meanwhile` };
  if (!next) return makeNext(engine, group, serving, task);
  const missing = connectStep<void>(engine, next, serving);
  if (missing) return missing;
  if (serving.State.Running || serving.State.Restarting)
    return { do: `stop ${instance}`, call: (s) => engine.stop(serving.Id, graceSeconds, s) };
  const name = keptName(instance, startId);
  return { do: `set ${instance} aside`, call: (s) => engine.rename(serving.Id, name, s) };
}

/** The old one is aside: the new one gets its name and is started; where it does not live, the old one comes back. */
function afterKept(
  { engine }: DockerPlace,
  { serving, next, kept }: { serving: Container | null; next: Container | undefined; kept: Container },
  task: Roll,
  failure: Failure,
): Step<void> {
  const { instance, release } = task;
  if (failure.why && serving) return removeStep(engine, serving, task);
  if (!serving && next && !failure.why)
    return {
      do: `give ${release.version} the name ${instance}`,
      call: (s) => engine.rename(next.Id, instance, s),
    };
  if (!serving)
    return { do: `give ${instance} its name back`, call: (s) => engine.rename(kept.Id, instance, s) };
  if (!tookOver(serving, kept)) return startOf(engine, serving, instance);
  if (!isUp(serving) || serving.RestartCount > 0) {
    failure.why = `${release.version} of ${instance} ended at once with exit code ${serving.State.ExitCode}; what ran before is back`;
    return removeStep(engine, serving, task);
  }
  const age = Date.now() - Date.parse(serving.State.StartedAt);
  return age < SETTLE_MS ? { wait: `${instance} has only just started` } : { done: undefined };
}

function removeStep(engine: Engine, { Id }: Container, { release }: Roll): Step<void> {
  return { do: `remove ${release.version}`, call: (s) => engine.remove(Id, false, s) };
}

function startOf(engine: Engine, { Id }: Container, instance: string): Step<void> {
  return { do: `start ${instance}`, call: (s) => engine.start(Id, s) };
}

function makeNext(
  engine: Engine,
  group: Group,
  serving: Container,
  { instance, release, startId }: Roll,
): Step<void> {
  const name = nextName(instance, startId);
  // The very container that ran this release, where it is still kept: what it had written is in it.
  const before = group.kept.find(({ Image }) => Image === release.imageId);
  if (before) return { do: `fetch ${release.version} back`, call: (s) => engine.rename(before.Id, name, s) };
  const making: Making = { name, image: release.reference, imageId: release.imageId, startId };
  return {
    do: `make ${instance} with ${release.version}`,
    call: (s) => make(engine, serving, (image) => withImage(serving, image, making), release.imageId, s),
  };
}

/** SCALE_UP and back: one more container of the service, made like another, and taken away again. */
import { AegisError } from '../../errors.ts';
import { ADDED_BY, replicaOf, whyNotTwo } from './docker-definition.ts';
import type { Container } from './docker-engine.ts';
import { connectStep, make } from './docker-make.ts';
import { familyOf, freeName, parseName } from './docker-names.ts';
import { assertAllowed, type DockerPlace, lookAt } from './docker-place.ts';
import { isUp, wasStarted } from './docker-state.ts';
import { doSteps, type Step } from './docker-steps.ts';

const SETTLE_MS = 500;

/** Throws AEGIS_RUNTIME where no second one can run beside `like`. */
export async function nextInstance(place: DockerPlace, like: string): Promise<string> {
  const { serving } = await lookAt(place, like);
  if (!serving) throw new AegisError('AEGIS_RUNTIME', `there is no container ${like}`);
  const reason = whyNotTwo(serving);
  if (reason) throw new AegisError('AEGIS_RUNTIME', `${like} cannot be copied: ${reason}`);
  const all = await place.engine.list({
    name: [`^/?${familyOf(like).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}-`],
  });
  const taken = new Set(all.flatMap(({ Names }) => Names.map((name) => parseName(name).instance)));
  return freeName(like, taken);
}

export async function scaleUp(
  place: DockerPlace,
  like: string,
  instance: string,
  startId: string,
  signal: AbortSignal,
): Promise<void> {
  const { engine } = place;
  const isMine = ({ Config }: Container) => Config.Labels?.[ADDED_BY] === startId;
  await doSteps<void>(
    async (): Promise<Step<void>> => {
      const [original, { serving }] = await Promise.all([lookAt(place, like), lookAt(place, instance)]);
      if (!original.serving) return { refused: `there is no container ${like} to make another one of` };
      const model = original.serving;
      assertAllowed(place, model, 'SCALE_UP');
      if (!serving)
        return { do: `make ${instance}`, call: (s) => makeReplica(place, model, instance, startId, s) };
      if (!isMine(serving)) return { refused: `${instance} is there already, and not by this action` };
      const missing = connectStep<void>(engine, serving, model);
      if (missing) return missing;
      if (!wasStarted(serving)) return { do: `start ${instance}`, call: (s) => engine.start(serving.Id, s) };
      if (!isUp(serving) || serving.RestartCount > 0)
        return { refused: `${instance} was started and ended with exit code ${serving.State.ExitCode}` };
      const age = Date.now() - Date.parse(serving.State.StartedAt);
      return age < SETTLE_MS ? { wait: `${instance} has only just started` } : { done: undefined };
    },
    { signal, deadline: performance.now() + place.callTimeoutMs },
  );
}

function makeReplica(
  { engine }: DockerPlace,
  model: Container,
  name: string,
  startId: string,
  signal: AbortSignal,
): Promise<void> {
  const making = { name, image: model.Config.Image, imageId: model.Image, startId };
  return make(engine, model, (image) => replicaOf(model, image, making), model.Image, signal);
}

/** What `startId` added, whatever was made of it since: stopped with time for what is under way, then removed. */
export async function scaleDown(
  place: DockerPlace,
  instance: string,
  startId: string,
  limits: { drainSeconds: number; timeoutMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { engine } = place;
  await doSteps<void>(
    async (): Promise<Step<void>> => {
      const { serving, next, kept } = await lookAt(place, instance);
      const all = [...(serving ? [serving] : []), ...next, ...kept];
      const mine = all.filter(({ Config }) => Config.Labels?.[ADDED_BY] === startId);
      const [one] = mine;
      if (!one) return { done: undefined };
      assertAllowed(place, one, 'SCALE_UP');
      return one.State.Running
        ? { do: `stop ${instance}`, call: (s) => engine.stop(one.Id, limits.drainSeconds, s) }
        : { do: `remove ${instance}`, call: (s) => engine.remove(one.Id, true, s) };
    },
    { signal, deadline: performance.now() + limits.timeoutMs },
  );
}

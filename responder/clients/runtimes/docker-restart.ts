/** RESTART: one call of the engine, which ends the process and starts it again in the same container. */
import type { Container } from './docker-engine.ts';
import { assertAllowed, type DockerPlace, lookAt } from './docker-place.ts';
import { type Group, identityOf, isUp } from './docker-state.ts';
import { doSteps, type Step } from './docker-steps.ts';
import type { RuntimeState } from './runtime.ts';

export async function restart(
  place: DockerPlace,
  instance: string,
  before: RuntimeState,
  signal: AbortSignal,
): Promise<void> {
  const { engine, graceSeconds, callTimeoutMs } = place;
  const again = (container: Container): Step<void> => ({
    do: `restart ${instance}`,
    call: (s) => engine.restart(container.Id, graceSeconds, s),
  });
  await doSteps<void>(
    async (first) => {
      const group = await lookAt(place, instance);
      if (group.serving) assertAllowed(place, group.serving, 'RESTART');
      return nextOf(group, before, first, again);
    },
    { signal, deadline: performance.now() + callTimeoutMs },
  );
}

/** Pure: what is there decides. @param first nothing was asked of the engine yet */
function nextOf(
  { serving, instance }: Group,
  { identity }: RuntimeState,
  first: boolean,
  again: (container: Container) => Step<void>,
): Step<void> {
  if (!serving) return { refused: `there is no container ${instance} any more` };
  if (identityOf(serving) === identity) return again(serving);
  if (first || (identity !== null && !identity.startsWith(serving.Id)))
    return { refused: `${instance} was started by somebody else meanwhile` };
  if (isUp(serving)) return { done: undefined };
  return { refused: `${instance} was started and ended at once with exit code ${serving.State.ExitCode}` };
}

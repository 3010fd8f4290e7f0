/** What the engine says of an instance, as a state. Pure. */
import { ADDED_BY, START_ID } from './docker-definition.ts';
import type { Container } from './docker-engine.ts';
import { parseName } from './docker-names.ts';
import type { RuntimeState } from './runtime.ts';

/** All containers of one instance: the one that serves, and those that wait beside it while it is replaced. */
export interface Group {
  instance: string;
  serving: Container | null;
  next: Container[];
  kept: Container[];
}

export function groupOf(instance: string, containers: Container[]): Group {
  const mine = containers.filter(({ Name }) => parseName(Name).instance === instance);
  const inRole = (role: string) => mine.filter(({ Name }) => parseName(Name).role === role);
  const byEnd = (a: Container, b: Container) =>
    Date.parse(b.State.FinishedAt) - Date.parse(a.State.FinishedAt);
  return {
    instance,
    serving: inRole('serving')[0] ?? null,
    next: inRole('next'),
    kept: inRole('kept').toSorted(byEnd),
  };
}

export const wasStarted = ({ State }: Container) => !State.StartedAt.startsWith('0001-');
/** Changes when, and only when, the container is another one or was started anew; null before its first start. */
export const identityOf = (container: Container) =>
  wasStarted(container) ? `${container.Id}@${container.State.StartedAt}` : null;
/** Whether what serves was started after what it replaced had ended. */
export const tookOver = (serving: Container, kept: Container) =>
  Date.parse(serving.State.StartedAt) >= Date.parse(kept.State.FinishedAt);
export const isUp = ({ State }: Container) => State.Running && !State.Restarting;

/** The container whose state is the instance's: while it is being replaced, the one that is replaced. */
export function shownOf(group: Group): Container | null {
  return halfWay(group) ?? group.serving;
}

function halfWay({ serving, kept: [replaced] }: Group): Container | null {
  return replaced && !(serving && tookOver(serving, replaced)) ? replaced : null;
}

/** @param version of what `shownOf` runs, null where that is not on record */
export function stateOf(group: Group, version: string | null, cpuSeconds: number | null): RuntimeState {
  const { instance } = group;
  const nothing = {
    pid: null,
    startedAt: null,
    identity: null,
    startId: null,
    version: null,
    cpuSeconds: null,
  };
  const isHalfWay = halfWay(group) !== null;
  const container = shownOf(group);
  if (!container) return { instance, ...nothing, state: 'unknown', reason: 'there is no such container' };
  const up = isUp(container);
  return {
    instance,
    state: up ? 'running' : 'exited',
    pid: up ? container.State.Pid : null,
    startedAt: up ? container.State.StartedAt : null,
    identity: identityOf(container),
    startId: isHalfWay ? madeUnder(container) : startIdOf(group, container),
    version,
    cpuSeconds: up ? cpuSeconds : null,
    reason: isHalfWay ? `container ${shortOf(container)} is being replaced` : reasonOf(container),
  };
}

/** The replacement that put it there, as long as what it replaced is kept; else the start that made it. */
function startIdOf({ kept }: Group, container: Container): string | null {
  const replacing = kept[0] && parseName(kept[0].Name).startId;
  return replacing || madeUnder(container);
}

function madeUnder({ Config }: Container): string | null {
  return Config.Labels?.[START_ID] ?? Config.Labels?.[ADDED_BY] ?? null;
}

const shortOf = ({ Id }: Container) => Id.slice(0, 12);

/** What a person would read out of `docker inspect`. */
function reasonOf(container: Container): string {
  const { State, RestartCount, HostConfig } = container;
  const limit = HostConfig.Memory ? `, memory limit ${Math.round(HostConfig.Memory / 2 ** 20)} MiB` : '';
  const restarts = RestartCount > 0 ? `, restarted ${RestartCount} times by its policy` : '';
  const killed = State.OOMKilled ? ', killed by the kernel for its memory limit' : '';
  const exit = `exit code ${State.ExitCode}${killed}${restarts}`;
  const name = `container ${shortOf(container)}`;
  if (State.Restarting) return `${name} waits for its policy to start it again: ${exit}`;
  if (State.Running) return `${name} runs${restarts}${limit}`;
  if (!wasStarted(container)) return `${name} was never started`;
  return `${name} ended at ${State.FinishedAt}: ${exit}${State.Error ? ` (${State.Error})` : ''}`;
}

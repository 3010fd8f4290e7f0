/**
 * Follows the engine: what is opted in is published as it comes and goes, what ends is told, what runs is put on record. Says
 * when nothing can be done (no socket, no permission), and comes back by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { wordsOf } from '../../errors.ts';
import { START_ID } from './docker-definition.ts';
import { findContainers, groupsOf, publish } from './docker-discovery.ts';
import { type Container, type Engine, EngineRefusal, EngineUnreachable } from './docker-engine.ts';
import { type Exit, makeExitReader } from './docker-exits.ts';
import type { Protection } from './docker-labels.ts';
import { parseName } from './docker-names.ts';
import { recordNameOf } from './docker-place.ts';
import { putOnRecord } from './docker-releases.ts';
import { readIfThere } from './whole-file.ts';

const PULSE_MS = 5_000;
const AGAIN_MS = 500;
/** Several events tell of one change. */
const GATHER_MS = 50;
/** What happened while we were away; each exit has a key, so that none counts twice. */
const LOOK_BACK_SECONDS = 600;
/** What left its place is kept so long after its end: longer than a verification takes. */
const KEEP_MS = 15 * 60_000;
/** Nobody has this name: whoever may start containers is told so, whoever may not is refused. */
const NOBODY = 'aegis-may-i-start-containers';

interface Options {
  engine: Engine;
  protection: Protection;
  /** Path of the inventory file. */
  file: string;
  onExit: (exit: Exit) => void;
  /** Ids of the containers that run, whenever that was looked at. */
  onRunning: (ids: string[]) => void;
  /** Words for whoever runs us: each trouble once; and once that it is over. */
  onError: (words: string) => void;
  onInfo: (words: string) => void;
  clock?: () => Date;
}

export interface Watch {
  /** Why nothing can be done just now; null where it can. */
  limit(): string | null;
  /** Reads and publishes once, then follows until the signal. Does not throw for an engine that is away. */
  start(signal: AbortSignal): Promise<void>;
}

export function makeWatch(options: Options): Watch {
  const { engine, file, protection, onError, onInfo } = options;
  let limit: string | null = 'the Docker engine was not asked yet';
  const told = new Set<string>();
  const onProblem = (words: string) => {
    if (!told.has(words)) onError(words);
    told.add(words);
  };
  const setLimit = (reason: string | null) => {
    if (reason === limit) return;
    limit = reason;
    if (reason) onError(`${reason}; until then only observing`);
    else onInfo(`the Docker engine at ${engine.address} can be used`);
  };

  async function pulse(): Promise<void> {
    try {
      const containers = await findContainers(engine, protection.filter);
      options.onRunning(containers.filter(({ State }) => State.Running).map(({ Id }) => Id));
      await publish(file, groupsOf(containers, protection, onProblem));
      const reason = await whyNotAllowedToAct(engine);
      setLimit(reason);
      if (reason === null) await keepRecord(options, containers);
    } catch (error) {
      if (error instanceof EngineUnreachable || error instanceof EngineRefusal) setLimit(error.message);
      else onProblem(`the inventory ${file} cannot be kept: ${wordsOf(error)}`);
    }
  }

  return {
    limit: () => limit,
    async start(signal) {
      await pulse();
      if ((await readIfThere(file)) === null) await publish(file, []);
      const soon = coalesced(pulse, signal);
      void follow(options, soon, signal).catch((error) =>
        onProblem(`events of the engine: ${wordsOf(error)}`),
      );
      void (async () => {
        while (!signal.aborted) {
          await sleep(PULSE_MS, undefined, { signal }).catch(() => undefined); // ended by the signal
          if (!signal.aborted) soon();
        }
      })();
    },
  };
}

/** Asks for something that does nothing, since a look does not tell whether a proxy lets changes pass. */
async function whyNotAllowedToAct(engine: Engine): Promise<string | null> {
  try {
    await engine.start(NOBODY, AbortSignal.timeout(2_000));
    return null;
  } catch (error) {
    if (error instanceof EngineRefusal && error.httpStatus === 404) return null;
    if (error instanceof EngineRefusal)
      return `the Docker engine at ${engine.address} lets us look but not act (${error.httpStatus})`;
    throw error;
  }
}

/** What runs goes on record, oldest first; what was kept long enough goes. */
async function keepRecord(
  { engine, clock = () => new Date() }: Options,
  containers: Container[],
): Promise<void> {
  const byAge = containers.toSorted((a, b) => Date.parse(a.Created) - Date.parse(b.Created));
  for (const container of byAge) {
    const { role, instance } = parseName(container.Name);
    const by = container.Config.Labels?.[START_ID] ?? 'deploy';
    if (role === 'serving' && container.State.Running)
      await putOnRecord(engine, recordNameOf(container), container, by);
    // Compose may start it, since to Compose it is a container of its service: then it serves, and has the name for it.
    if (role === 'kept' && container.State.Running && !isTaken(instance, containers))
      await engine.rename(container.Id, instance, AbortSignal.timeout(PULSE_MS));
    else if (role === 'kept' && hasServed(container, containers, clock()))
      await engine.remove(container.Id, false, AbortSignal.timeout(PULSE_MS));
  }
}

function isTaken(name: string, containers: Container[]): boolean {
  return containers.some(({ Name }) => Name === `/${name}`);
}

/** Another one has run in its place for long enough. */
function hasServed(kept: Container, containers: Container[], now: Date): boolean {
  const { instance } = parseName(kept.Name);
  const isUp = containers.some(({ Name, State }) => Name === `/${instance}` && State.Running);
  return isUp && now.getTime() - Date.parse(kept.State.FinishedAt) > KEEP_MS;
}

/** Reads the events again and again, from where the last reading ended. */
async function follow(
  { engine, protection, onExit, clock = () => new Date() }: Options,
  soon: () => void,
  signal: AbortSignal,
): Promise<void> {
  const readExit = makeExitReader(protection);
  let since = clock().getTime() / 1000 - LOOK_BACK_SECONDS;
  while (!signal.aborted) {
    await engine
      .events(
        since,
        (event) => {
          since = Math.max(since, event.timeNano / 1e9);
          const exit = readExit(event);
          if (exit) onExit(exit);
          soon();
        },
        signal,
      )
      .catch(soon); // it says what is wrong
    if (!signal.aborted) await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined); // ended by the signal
  }
}

/** One run at a time, a moment after the first call; whoever calls meanwhile gets one more run. */
function coalesced(work: () => Promise<void>, signal: AbortSignal): () => void {
  let state: 'idle' | 'waiting' | 'running' | 'again' = 'idle';
  const run = async () => {
    await sleep(GATHER_MS);
    state = 'running';
    if (!signal.aborted) await work();
    const again = (state as string) === 'again';
    state = 'idle';
    if (again) call();
  };
  const call = () => {
    if (state === 'running') state = 'again';
    if (state !== 'idle') return;
    state = 'waiting';
    void run();
  };
  return call;
}

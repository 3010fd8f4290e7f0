/**
 * Runs instances as containers of a Docker engine. Nothing is remembered here: what was done stands in the names, labels and
 * image tags of the engine itself, so that any replica can go on where another one crashed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AegisError } from '../../errors.ts';
import type { CpuMeter } from './docker-cpu.ts';
import type { Engine } from './docker-engine.ts';
import type { Protection } from './docker-labels.ts';
import { type DockerPlace, lookAt, recordOf } from './docker-place.ts';
import { versionIn } from './docker-releases.ts';
import { restart } from './docker-restart.ts';
import { removeKept, roll } from './docker-roll.ts';
import { nextInstance, scaleDown, scaleUp } from './docker-scale.ts';
import { isUp, shownOf, stateOf } from './docker-state.ts';
import { answers } from './instance-health.ts';
import type { Runtime, RuntimeState } from './runtime.ts';

/** What the engine itself takes to stop, make and start a container on a busy machine, in ms. */
const ENGINE_MS = 6_000;
const HEALTH_WAIT_MS = 3_000;
const HEALTH_POLL_MS = 100;
/** Lines are long: so many of them hold more characters than anybody asks for. */
const CHARS_A_LINE = 20;

export interface DockerRuntimeOptions {
  engine: Engine;
  protection: Protection;
  meter: Pick<CpuMeter, 'seconds' | 'cores'>;
  /** Between SIGTERM and SIGKILL, in ms; the engine counts whole seconds. */
  graceMs: number;
  /** Time that requests under way get before `scaleDown` ends their instance, in ms. */
  drainMs: number;
  /** Address at which an instance tells that it is healthy; null where nobody said. */
  healthOf: (instance: string) => Promise<string | null>;
}

export function makeDockerRuntime(options: DockerRuntimeOptions): Runtime {
  const { engine, protection, meter, graceMs, drainMs } = options;
  const graceSeconds = Math.ceil(graceMs / 1000);
  const callTimeoutMs = graceSeconds * 1000 + ENGINE_MS;
  const drainSeconds = Math.ceil(drainMs / 1000);
  const scaleDownTimeoutMs = drainSeconds * 1000 + ENGINE_MS;
  const place: DockerPlace = { engine, protection, graceSeconds, callTimeoutMs };

  async function inspect(instance: string): Promise<RuntimeState> {
    const group = await lookAt(place, instance);
    const shown = shownOf(group);
    if (!shown) return stateOf(group, null, null);
    const version = versionIn(await recordOf(place, shown), shown.Image);
    const up = isUp(shown);
    const state = stateOf(group, version, up ? meter.seconds(shown.Id) : null);
    return { ...state, cores: up ? meter.cores(shown.Id) : null };
  }

  return {
    name: 'docker',
    callTimeoutMs,
    scaleDownTimeoutMs,
    inspect,
    async restart(instance, before, _startId, signal) {
      await restart(place, instance, before, signal);
      return inspect(instance);
    },
    async releases(instance) {
      const shown = shownOf(await lookAt(place, instance));
      const record = shown ? await recordOf(place, shown) : [];
      return record.map(({ version, at, by }) => ({ version, at, by }));
    },
    async roll(instance, before, version, startId, signal) {
      const shown = shownOf(await lookAt(place, instance));
      const record = shown ? await recordOf(place, shown) : [];
      const release = record.findLast((entry) => entry.version === version);
      if (!release) {
        const known = [...new Set(record.map((entry) => entry.version))].join(', ') || 'none';
        throw new AegisError(
          'AEGIS_RUNTIME',
          `the record of ${instance} has no release ${version}; it has ${known}`,
        );
      }
      await roll(place, { instance, before, release, startId }, signal);
      await untilHealthy(options, instance, signal);
      return inspect(instance);
    },
    proved: (instance, startId) => removeKept(place, instance, startId),
    toLast: (version) =>
      `pin ${version} where its image is named (.env or the Compose file), or the next docker compose up takes it back`,
    nextInstance: (like) => nextInstance(place, like),
    async scaleUp(like, instance, startId, signal) {
      await scaleUp(place, like, instance, startId, signal);
      await untilHealthy(options, instance, signal);
      return inspect(instance);
    },
    scaleDown: (instance, startId, signal) =>
      scaleDown(place, instance, startId, { drainSeconds, timeoutMs: scaleDownTimeoutMs }, signal),
    async tail(instance, chars) {
      const shown = shownOf(await lookAt(place, instance));
      if (!shown) return '';
      const text = await engine.output(shown.Id, Math.max(1, Math.ceil(chars / CHARS_A_LINE)));
      return chars > 0 ? text.slice(-chars) : '';
    },
  };
}

/** So that whoever takes its time to start is not judged before it could answer; whether it is well, the verification says. */
async function untilHealthy(
  { healthOf }: Pick<DockerRuntimeOptions, 'healthOf'>,
  instance: string,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + HEALTH_WAIT_MS;
  const health = await healthOf(instance);
  while (performance.now() < deadline && !(await answers(health, signal)))
    await sleep(HEALTH_POLL_MS, undefined, { signal });
}

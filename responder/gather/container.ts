/** What the runtime says of each instance: running or gone, since when, which release, and how much CPU it uses just now. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime, RuntimeState } from '../clients/runtimes/runtime.ts';
import type { Finding } from '../incident/incident.ts';
import type { Source } from './gather.ts';

/** Between two looks at the CPU time: long against the clock ticks it is counted in (10 ms), short against the deadline. */
const PAUSE_MS = 200;

export function makeContainerSource({ runtime }: { runtime: Pick<Runtime, 'name' | 'inspect'> }): Source {
  return {
    name: 'container',
    query: ({ target }) =>
      `${runtime.name}: state of ${target?.instances.map((i) => i.id).join(', ') ?? 'nothing'}`,
    read: async ({ target, now, signal }) =>
      Promise.all(
        (target?.instances ?? []).map(async ({ id }): Promise<Finding> => {
          const { container, cores } = await lookTwice(runtime, id, signal);
          const { state, startedAt, version, reason } = container;
          const since = startedAt ? ` since ${startedAt}` : '';
          const release = version ? `, release ${version}` : '';
          const used = cores === null ? '' : `, uses ${cores.toFixed(2)} CPU cores`;
          return {
            source: 'container',
            query: `${runtime.name}: state of ${id}`,
            at: now.toISOString(),
            status: 'ok',
            reading: `${id} is ${state}${since}${release}${used}: ${reason}`,
            data: { kind: 'container', container, cores },
          };
        }),
      ),
  };
}

/** `cores` is null where the process does not run, was replaced in between, or nobody tells of its CPU time. */
async function lookTwice(
  runtime: Pick<Runtime, 'inspect'>,
  id: string,
  signal: AbortSignal,
): Promise<{ container: RuntimeState; cores: number | null }> {
  const { cores: measured, ...first } = await runtime.inspect(id);
  if (measured !== undefined) return { container: first, cores: measured };
  const began = performance.now();
  if (first.state !== 'running' || first.cpuSeconds === null) return { container: first, cores: null };
  await sleep(PAUSE_MS, undefined, { signal });
  const second = await runtime.inspect(id).catch(() => null); // the first look stands by itself
  if (!second) return { container: first, cores: null };
  const seconds = (performance.now() - began) / 1000;
  const isSame = second.identity === first.identity && second.cpuSeconds !== null;
  const cores = isSame ? Math.max(0, ((second.cpuSeconds ?? 0) - first.cpuSeconds) / seconds) : null;
  return { container: second, cores: cores === null ? null : Number(cores.toFixed(3)) };
}

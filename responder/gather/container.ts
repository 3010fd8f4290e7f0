/** What the runtime says of each instance: running or gone, since when. */
import type { Runtime } from '../clients/runtimes/runtime.ts';
import type { Source } from './gather.ts';

export function makeContainerSource({ runtime }: { runtime: Runtime }): Source {
  return {
    name: 'container',
    query: ({ target }) =>
      `${runtime.name}: state of ${target?.instances.map((i) => i.id).join(', ') ?? 'nothing'}`,
    read: async ({ target, now }) =>
      Promise.all(
        (target?.instances ?? []).map(async ({ id }) => {
          const container = await runtime.inspect(id);
          const since = container.startedAt ? ` since ${container.startedAt}` : '';
          return {
            source: 'container',
            query: `${runtime.name}: state of ${id}`,
            at: now.toISOString(),
            status: 'ok',
            reading: `${id} is ${container.state}${since}: ${container.reason}`,
            data: { kind: 'container', container },
          } as const;
        }),
      ),
  };
}

/** How the instances ended within the last hour. A supervisor may have started them again: the state of now hides it. */
import { tellExit } from '../incident/crashes.ts';
import type { ReadExits } from '../incident/exits.ts';
import type { ExitData, Finding } from '../incident/incident.ts';
import type { Source } from './gather.ts';

const HOUR_SECONDS = 3_600;
/** The newest so many; a crash loop has about one a minute. */
const MOST = 50;
const NONE = 'the runtime does not tell how instances end';

/** @param exits null where the runtime tells none */
export function makeExitSource({ exits }: { exits: ReadExits | null }): Source {
  return {
    name: 'exits',
    query: ({ incident }) => `ends of the instances of ${incident.target} within the last hour`,
    read: async ({ incident, now }) => {
      const query = `ends of the instances of ${incident.target} within the last hour`;
      const base = { source: 'exits', query, at: now.toISOString() };
      const nothing = (reading: string, data: Finding['data']): Finding[] => [
        { ...base, status: 'no_data', reading, data },
      ];
      if (!exits) return nothing(NONE, { kind: 'failure' });
      const all = await exits(incident.target, HOUR_SECONDS);
      if (all.length === 0)
        return nothing('no instance ended within the last hour', { kind: 'exit', exits: [], omitted: 0 });
      const data = {
        kind: 'exit',
        exits: all.slice(0, MOST),
        omitted: Math.max(0, all.length - MOST),
      } as const;
      return [{ ...base, status: 'ok', reading: readingOf(all), data }];
    },
  };
}

/** Of each kind of end of each instance the newest, and how many there were. */
export function readingOf(exits: ExitData[]): string {
  const kinds = Map.groupBy(exits, (exit) =>
    JSON.stringify([exit.instance, exit.requested, exit.oomKilled && !exit.requested]),
  );
  const told = [...kinds.values()].flatMap((same) => {
    const [newest] = same;
    if (!newest) return [];
    const how = `${newest.instance} ${tellExit(newest)}`;
    return same.length === 1 ? [how] : [`${how}; ${same.length} such exits within an hour`];
  });
  return told.join('. ');
}

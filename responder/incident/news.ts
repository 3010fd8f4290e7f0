/** What has changed since the last look, for whoever watches a page: asked only while somebody does, whichever replica did it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { wordsOf } from '../errors.ts';
import type { Database } from './database.ts';

/** Incidents of which something was written, and whether the halt was thrown. */
export interface Changes {
  incidents: { id: string; state: string }[];
  halt: boolean;
}
export interface News {
  /** Calls back with each change until it is told to stop. */
  follow(tell: (changes: Changes) => void): () => void;
}

interface Options {
  database: Pick<Database, 'query'>;
  onError: (words: string) => void;
  everyMs?: number;
}

/** Numbers are given out in another order than transactions end: so far back a late one is still seen. */
const LATE_ROWS = 1_000;

export function makeNews({ database, onError, everyMs = 500 }: Options): News {
  const followers = new Set<(changes: Changes) => void>();
  let watching: AbortController | null = null;

  async function watch(signal: AbortSignal): Promise<void> {
    let seen: Seen | null = null;
    let isAway = false;
    while (!signal.aborted) {
      try {
        const now = await readSeen(database, seen?.last ?? null);
        const changes = seen && changesBetween(seen, now);
        seen = now;
        isAway = false;
        if (changes && !signal.aborted) for (const tell of followers) tell(changes);
      } catch (error) {
        if (!isAway) onError(`live pages wait: ${wordsOf(error)}`);
        isAway = true;
      }
      await sleep(everyMs, undefined, { ref: false });
    }
  }
  return {
    follow(tell) {
      followers.add(tell);
      if (!watching) {
        watching = new AbortController();
        void watch(watching.signal);
      }
      return () => {
        followers.delete(tell);
        if (followers.size > 0) return;
        watching?.abort();
        watching = null;
      };
    },
  };
}

interface Seen {
  /** Highest number of the audit trail. */
  last: number;
  /** By incident: the number of its newest row, and the state it is in. */
  incidents: Map<string, { last: string; state: string }>;
  haltAt: string;
}

async function readSeen(database: Options['database'], last: number | null): Promise<Seen> {
  const { rows } = await database.query<{ id: string; last: string; state: string }>(
    `select a.incident_id as id, max(a.id) as last, i.state
     from audit a join incident i on i.id = a.incident_id
     where a.id > coalesce($1::bigint, (select max(id) from audit)) - ${LATE_ROWS} group by a.incident_id, i.state`,
    [last],
  );
  const halt = await database.query<{ at: Date }>(`select changed_at as at from control where name = 'halt'`);
  return {
    last: Math.max(0, ...rows.map((row) => Number(row.last))),
    incidents: new Map(rows.map((row) => [row.id, row])),
    haltAt: halt.rows[0]?.at.toISOString() ?? '',
  };
}

/** Null where nothing has changed. */
function changesBetween(before: Seen, now: Seen): Changes | null {
  const incidents = [...now.incidents].flatMap(([id, { last, state }]) =>
    last === before.incidents.get(id)?.last ? [] : [{ id, state }],
  );
  const halt = before.haltAt !== now.haltAt;
  return incidents.length > 0 || halt ? { incidents, halt } : null;
}

/** How the engine stands, for a scrape: the queue (which is the table of open incidents) and the window of log lines. */
import type { Database } from './database.ts';

/** As the view `grafana.queue` words it. */
export const STANDINGS = ['due', 'worked on', 'waits', 'lease ran out'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface Engine {
  /** Open incidents by how they stand; `lateSeconds`: how long the one that is due longest has waited for a worker. */
  queue(): Promise<{ incidents: Record<Standing, number>; lateSeconds: number }>;
  /** Lines in the window, and how far back it reaches. */
  logWindow(): Promise<{ lines: number; reachSeconds: number }>;
}

export function makeEngine(database: Database): Engine {
  return {
    async queue() {
      const { rows } = await database.query<{ standing: Standing; count: number; late: number }>(
        `select standing, count(*)::int as count,
           extract(epoch from clock_timestamp() - min(greatest(due_at, coalesce(lease_until, due_at))))::float as late
         from grafana.queue group by standing`,
      );
      const incidents = Object.fromEntries(STANDINGS.map((one) => [one, 0])) as Record<Standing, number>;
      for (const { standing, count } of rows) incidents[standing] = count;
      const waiting = rows.filter(({ standing }) => standing === 'due' || standing === 'lease ran out');
      return { incidents, lateSeconds: Math.max(0, ...waiting.map(({ late }) => late)) };
    },
    async logWindow() {
      const { rows } = await database.query<{ lines: number; reach: number | null }>(
        `select count(*)::int as lines, extract(epoch from clock_timestamp() - min(at))::float as reach from log_line`,
      );
      return { lines: rows[0]?.lines ?? 0, reachSeconds: Math.max(0, rows[0]?.reach ?? 0) };
    },
  };
}

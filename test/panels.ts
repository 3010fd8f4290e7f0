/** What Grafana would ask, asked without it: each panel's query, of a story's Prometheus and of its PostgreSQL as Grafana's role. */
import pg from 'pg';
import { connectionFields } from '../responder/postgres-url.ts';
import { prepareReader } from '../responder/setup/database.ts';
import { readerUrl } from '../responder/setup/grafana.ts';
import { type PanelQuery, queriesOf, readDashboards } from '../tools/check/dashboards-files.ts';
import { type Filling, fillPromql, fillSql } from '../tools/check/dashboards-fill.ts';
import { ROOT } from '../tools/stack/context.ts';
import type { Story } from './story.ts';

/** As the stories scrape. */
export const STEP_SECONDS = 1;

interface Answer {
  status: string;
  error?: string;
  data?: {
    result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
}

/** The caller ends `grafana`. */
export async function openPanels({ stack }: Pick<Story, 'stack'>) {
  const server = connectionFields(stack.databases.aegis ?? '');
  const reader = readerUrl(stack.databases.aegis ?? '', 'of-grafana');
  await prepareReader({ ...server, user: 'postgres' }, reader);
  const grafana = new pg.Pool({ ...connectionFields(reader), max: 2 });
  // The story ends its database before whoever asked it is done with it.
  grafana.on('error', () => undefined);
  const boards = readDashboards(ROOT);
  const asked = boards.flatMap(queriesOf);

  /** Over time or now, as the panel asks; throws Prometheus' words where it refuses. */
  async function askPrometheus({ expr = '', instant }: PanelQuery, filling: Filling) {
    const query = encodeURIComponent(fillPromql(expr, filling));
    const [start, end] = [filling.from, filling.to].map((time) => time.getTime() / 1000);
    const path = instant
      ? `query?query=${query}&time=${end}`
      : `query_range?query=${query}&start=${start}&end=${end}&step=${STEP_SECONDS}`;
    const answer = (await (await fetch(`${stack.addresses.prometheus}/api/v1/${path}`)).json()) as Answer;
    if (answer.status !== 'success') throw new Error(answer.error);
    const all = answer.data?.result ?? [];
    return all.filter(({ value, values = [] }) =>
      (value ? [value] : values).some(([, one]) => one !== 'NaN'),
    );
  }
  /** Which panels have no data. Throws where one is refused. */
  async function empties(filling: Filling): Promise<string[]> {
    const empty: string[] = [];
    for (const { where, query } of asked) {
      const { length } =
        query.rawSql === undefined
          ? await askPrometheus(query, filling)
          : (await grafana.query(fillSql(query.rawSql, filling))).rows;
      if (length === 0) empty.push(where);
    }
    return empty;
  }
  return { boards, asked, grafana, askPrometheus, empties };
}

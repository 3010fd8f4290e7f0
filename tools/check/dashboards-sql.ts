/** The SQL of the dashboards, put to a real PostgreSQL that has the responder's views. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeDatabase } from '../../responder/incident/database.ts';
import type { StackContext } from '../stack/context.ts';
import { databaseUrlOf } from '../stack/context.ts';
import { startSweeper, workingDir } from '../stack/folder.ts';
import { makeParts } from '../stack/part.ts';
import { makePorts } from '../stack/ports.ts';
import { postgresPlan } from '../stack/postgres.ts';
import { UNIT_DIRS } from '../stack/sweep.ts';
import { SAMPLE } from './dashboards.ts';
import { type DashboardFile, type PanelQuery, queriesOf, readDashboards } from './dashboards-files.ts';
import { fillSql } from './dashboards-fill.ts';
import { labelsOfResult } from './dashboards-metrics.ts';

/** Runs one statement; rejects with PostgreSQL's own words. */
export type Ask = (text: string) => Promise<{ fields: { name: string }[] }>;

const ROLE = 'aegis';
/** What Grafana makes of rows over time: exactly these, else a series is not called by what it is about. */
const SERIES = ['time', 'metric', 'value'];
/** Columns that Grafana adds to what Prometheus answers as rows. */
const OF_ROWS = ['Time', 'Value'];

/** Statements that PostgreSQL refuses; and columns that a panel or a link names and its query does not give. */
export async function sqlProblems(boards: DashboardFile[], ask: Ask): Promise<string[]> {
  const problems: string[] = [];
  for (const { where, query, panel } of boards.flatMap(queriesOf)) {
    const columns = await columnsOf(query, ask).catch((error: Error) => error);
    if (columns instanceof Error) {
      problems.push(`${where}: ${columns.message}`);
      continue;
    }
    if (query.format === 'time_series' && columns.join() !== SERIES.join())
      problems.push(
        `${where}: a series has the columns ${SERIES.join(', ')}; this has ${columns.join(', ')}`,
      );
    if (panel?.type !== 'table') continue;
    const named = panel.fieldConfig?.overrides.map(({ matcher }) => matcher.options) ?? [];
    const linked = [...JSON.stringify(panel).matchAll(/__data\.fields\.(\w+)/g)].map(([, name = '']) => name);
    for (const name of new Set([...named, ...linked]))
      if (!columns.includes(name)) problems.push(`${where}: its query gives no column ${name}`);
  }
  return problems;
}

async function columnsOf({ rawSql, expr = '' }: PanelQuery, ask: Ask): Promise<string[]> {
  if (rawSql === undefined) return [...OF_ROWS, ...labelsOfResult(expr)];
  const { fields } = await ask(`select * from (${fillSql(rawSql, SAMPLE)}) as panel limit 0`);
  return fields.map(({ name }) => name);
}

/** The same with a server of its own, which is gone afterwards. */
export async function dashboardSqlProblems(root: string): Promise<string[]> {
  const dir = await workingDir();
  const sweep = await startSweeper(dir);
  try {
    const ports = makePorts();
    await ports.reserve('postgres', 0);
    // PostgreSQL is the only part, so nobody reads the rest.
    const context = { dir, ports, databasePassword: randomBytes(12).toString('hex') } as StackContext;
    const parts = makeParts({ unitDir: join(dir, UNIT_DIRS[0] ?? ''), logDir: dir, release: ports.release });
    await parts.start(await postgresPlan(context, [ROLE]));
    const database = makeDatabase({ url: databaseUrlOf(context, ROLE), onError: () => undefined });
    try {
      await database.migrate();
      return await sqlProblems(readDashboards(root), (text) => database.query(text));
    } finally {
      await database.close();
    }
  } finally {
    await sweep();
  }
}

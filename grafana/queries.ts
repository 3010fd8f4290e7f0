/** What a panel asks, and whom: the two data sources that provisioning/ sets up. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

export type Query = cog.Builder<cog.Dataquery>;

export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'prometheus' };
export const POSTGRESQL: DataSourceRef = {
  type: 'grafana-postgresql-datasource',
  uid: 'aegisops-postgresql',
};
/** Grafana's own store of annotations. */
export const GRAFANA: DataSourceRef = { type: 'grafana', uid: '-- Grafana --' };

/** Over the time that is shown. @param legend how a series is called; `{{label}}` stands for a label's value */
export function range(expr: string, legend: string): Query {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(tidy(expr)).legendFormat(legend).range();
}

/** Now: the end of the time that is shown. */
export function now(expr: string, legend: string): Query {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(tidy(expr)).legendFormat(legend).instant();
}

/** Now, as rows: a column for each label and one for the value. */
export function rows(expr: string): Query {
  return new DataqueryBuilder()
    .datasource(PROMETHEUS)
    .expr(tidy(expr))
    .instant()
    .format(PromQueryFormat.Table);
}

/** From the views of the responder's database, as rows. */
export const sql = (text: string): Query => ask(text, 'table');

/** The same over time: three columns, `time`, `metric` (what a series is called) and `value`. */
export const sqlSeries = (text: string): Query => ask(text, 'time_series');

function ask(text: string, format: 'table' | 'time_series'): Query {
  const query = { datasource: POSTGRESQL, editorMode: 'code', format, rawQuery: true, rawSql: tidy(text) };
  // The kit has no builder for PostgreSQL; a query is told from other objects by its type alone.
  return { build: () => ({ ...query }) as unknown as cog.Dataquery };
}

/** Without the indentation that it has in the source. */
function tidy(text: string): string {
  const lines = text.replace(/^\n+|\s+$/g, '').split('\n');
  const indents = lines.slice(1).flatMap((line) => (line.trim() ? [line.search(/\S/)] : []));
  const own = Math.min(lines[0]?.search(/\S/) ?? 0, ...indents);
  return lines.map((line) => line.slice(Math.min(own, Math.max(0, line.search(/\S/))))).join('\n');
}

/** Conditions that most queries on views share: the targets that are chosen above, and the time that is shown. */
export const TARGETS = `target in (\${target:sqlstring})`;
export const SHOWN = `$__timeFilter(time) and ${TARGETS}`;

/** In a link: the value that another column of the same row has. */
export const field = (name: string) => `\${__data.fields.${name}}`;

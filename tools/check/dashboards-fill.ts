/** Puts values where Grafana would: variables of a dashboard, and its macros. As the data sources of Grafana 12 do it. */

export interface Filling {
  /** The time that is shown. */
  from: Date;
  to: Date;
  /** What is chosen of each variable of the dashboard. */
  chosen: Record<string, string[]>;
  /** How far samples lie apart, in seconds; a rate looks back four times as far. */
  scrapeSeconds?: number;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const VARIABLE = /\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g;

/** In a query to Prometheus several values become `(a|b)`. */
export function fillPromql(text: string, { from, to, chosen, scrapeSeconds = 5 }: Filling): string {
  const seconds = (length: number) => `${Math.ceil(length)}s`;
  const range = (to.getTime() - from.getTime()) / 1000;
  const own: Record<string, string> = {
    __rate_interval: seconds(4 * scrapeSeconds),
    __interval: seconds(scrapeSeconds),
    __range: seconds(range),
  };
  return text.replace(VARIABLE, (whole, braced?: string, _format?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    const values = chosen[name];
    if (!values) return own[name] ?? whole;
    // What stands for "all" is an expression already.
    if (values.length === 1)
      return values[0] === '.*' ? '.*' : escaped(values[0] ?? '').replaceAll('\\', '\\\\');
    return `(${values.map((value) => escaped(value).replaceAll('\\', '\\\\')).join('|')})`;
  });
}

/** In a query to PostgreSQL `${name:sqlstring}` becomes `'a','b'`. */
export function fillSql(text: string, { from, to, chosen }: Filling): string {
  const [begin, end] = [from, to].map((time) => quoted(time.toISOString()));
  return text
    .replace(/\$__timeFilter\(([^()]+)\)/g, (_, column) => `${column} BETWEEN ${begin} AND ${end}`)
    .replace(/\$__timeFrom\(\)/g, `${begin}`)
    .replace(/\$__timeTo\(\)/g, `${end}`)
    .replace(VARIABLE, (whole, braced?: string, format?: string, bare?: string) => {
      const values = chosen[braced ?? bare ?? ''];
      if (!values) return whole;
      return format === 'sqlstring' ? values.map(quoted).join(',') : values.join(',');
    });
}

/** Names in a text that are neither variables of the dashboard, nor of Grafana, once both were filled in. */
export function unknownIn(filled: string): string[] {
  return [...filled.matchAll(/\$\{?(__data\.fields\.\w+|\w+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('__data.fields.'));
}

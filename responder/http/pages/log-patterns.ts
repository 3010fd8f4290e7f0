/** Log lines by their patterns, as the page of an incident shows them. */
import type { Evidence, LogPattern } from '../../incident/incident.ts';
import { type Html, html } from './html.ts';
import { clock, table } from './layout.ts';

/** Null where no lines were gathered. */
export function logPatterns(evidence: Evidence[]): Html | null {
  const found = evidence.flatMap(({ data }) => (data.kind === 'patterns' ? [data] : []));
  const patterns = found.flatMap((one) => one.patterns);
  if (patterns.length === 0) return null;
  const omitted = found.reduce((sum, one) => sum + one.omitted, 0);
  return html`<h2>Log patterns</h2>
${table(['Severity', 'Pattern', 'Times', 'First to last (UTC)'], patterns.map(row))}
${omitted > 0 && html`<p class="quiet">${omitted} more patterns are not shown.</p>`}`;
}

function row({ template, example, severity, count, first, last, since, before, flags }: LogPattern) {
  const isWhole = example.includes('\n');
  return [
    severity,
    html`<code>${template}</code>${flags.length > 0 && spoken(flags)}${isWhole && html`<details><summary>Whole</summary><pre>${example}</pre></details>`}`,
    html`${count}${before !== null && since !== null && html` <span class="quiet">(${before} before, ${since} since the onset)</span>`}`,
    span(first, last),
  ];
}

function spoken(flags: string[]): Html {
  return html`<br><span class="state bad">speaks to the reader: of no weight</span> <span class="quiet">${flags.join(', ')}</span>`;
}

function span(first: string | null, last: string | null): Html | null {
  if (first === null || last === null) return null;
  return html`${clock(first)}${first !== last && html` - ${clock(last)}`}`;
}

/** What of the list of incidents is shown: the query of its page, and the form that makes it. */
import { z } from 'zod';
import type { ListFilter } from '../../incident/archive.ts';
import { storable } from '../../incident/stored-text.ts';
import { type Html, html } from './html.ts';

const SHOWN = {
  all: 'all',
  open: 'open',
  awaiting_approval: 'waiting for a yes or no',
  resolved: 'resolved',
  no_action: 'nothing to do',
  escalated: 'handed to a person',
  failed: 'failed',
} as const;
const SINCE = { ever: 'ever', '1h': 'the last hour', '24h': 'the last day', '7d': 'the last week' } as const;
const MS: Record<keyof typeof SINCE, number | null> = {
  ever: null,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
};

/** A form sends its empty fields along. */
const words = z
  .string()
  .max(300)
  .optional()
  .transform((text) => storable(text ?? '').trim() || undefined);

export const PageQuery = z.object({
  q: words.describe('Words to search for, or the id of an incident.'),
  show: z.enum(keysOf(SHOWN)).default('all'),
  since: z.enum(keysOf(SINCE)).default('ever'),
  target: words,
  cursor: z.string().max(200).optional().describe('Of the page before.'),
});
export type Filters = z.infer<typeof PageQuery>;

function keysOf<T extends object>(record: T): [keyof T & string, ...(keyof T & string)[]] {
  return Object.keys(record) as [keyof T & string, ...(keyof T & string)[]];
}

/** As the archive takes it. */
export function filterOf({ q, show, since, target, cursor }: Filters, now: Date): Omit<ListFilter, 'limit'> {
  const ms = MS[since];
  return {
    ...{ q, target, cursor },
    ...(show === 'open' ? { open: true } : show === 'all' ? {} : { state: show }),
    ...(ms === null ? {} : { since: new Date(now.getTime() - ms).toISOString() }),
  };
}

export function isFiltered({ q, show, since, target }: Filters): boolean {
  return q !== undefined || target !== undefined || show !== 'all' || since !== 'ever';
}

/** Address of the list with these filters, and another page or target. */
export function addressOf(filters: Partial<Filters>): string {
  const { q, show, since, target, cursor } = filters;
  const given = Object.entries({
    q,
    show: show === 'all' ? undefined : show,
    since: since === 'ever' ? undefined : since,
    target,
    cursor,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const query = new URLSearchParams(given).toString();
  return query === '' ? '/' : `/?${query}`;
}

export function filterForm(filters: Filters): Html {
  const { q, show, since, target } = filters;
  return html`<form class="search" role="search" action="/">
<label>Search<input type="search" name="q" value="${q}" placeholder="target, alert, cause or id"></label>
<label>Show<select name="show">${optionsOf(SHOWN, show)}</select></label>
<label>Since<select name="since">${optionsOf(SINCE, since)}</select></label>
${target !== undefined && html`<label>Target<input name="target" value="${target}"></label>`}
<button>Show</button>
${isFiltered(filters) && html`<a href="/">Show all</a>`}
</form>`;
}

function optionsOf(all: Record<string, string>, chosen: string): Html[] {
  return Object.entries(all).map(
    ([value, name]) => html`<option value="${value}"${value === chosen && html` selected`}>${name}</option>`,
  );
}

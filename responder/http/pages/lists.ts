/** The list of incidents, and what was learned from them, as pages. */
import type { IncidentSummary } from '../../incident/archive.ts';
import type { Halt } from '../../incident/control.ts';
import type { RunbookEntry } from '../../incident/incident.ts';
import { addressOf, type Filters, filterForm, isFiltered } from './filters.ts';
import { haltPart } from './halt.ts';
import { type Html, html } from './html.ts';
import { layout, type Offer, span, stateBadge, table, time } from './layout.ts';

interface Listed {
  /** What has not ended, or a person has to see to, whatever is searched for. */
  unfinished: IncidentSummary[];
  /** There is more of it than these. */
  isMore: boolean;
  /** One page of those that are searched for. */
  incidents: IncidentSummary[];
  /** Cursor of the next page. */
  next: string | null;
  filters: Filters;
}
interface Circumstances {
  halt: Halt;
  /** Whether whoever halts has to show the API token. */
  asksToken: boolean;
  offer?: Offer;
}

export function incidentListPage(
  { unfinished, isMore, incidents, next, filters }: Listed,
  { halt, asksToken, offer = null }: Circumstances,
): string {
  const heading = headingOf(unfinished, isMore, halt.on);
  const body = html`<section id="now"><h1>${heading}</h1>
${halt.on && html`<p class="lead"><span class="state bad">Halted</span> by ${halt.by} at ${time(halt.at)} UTC: nothing is repaired until somebody resumes.</p>`}
${unfinished.length > 0 && html`<div class="cards">${unfinished.map(card)}</div>`}</section>
<section id="filters">${filterForm(filters)}</section>
<section id="list">${listOf(incidents, filters)}
${next && html`<p><a href="${addressOf({ ...filters, cursor: next })}">Older</a></p>`}</section>
<section id="halt">${haltPart(halt, asksToken)}</section>`;
  return layout({ title: heading, body, here: '/', live: 'all', said: heading, offer });
}

function headingOf(unfinished: IncidentSummary[], isMore: boolean, isHalted: boolean): string {
  if (unfinished.length === 0) return isHalted ? 'Halted' : 'Nothing is wrong';
  const [ended, open] = [
    unfinished.filter(({ closedAt }) => closedAt !== null).length,
    unfinished.filter(({ closedAt }) => closedAt === null),
  ];
  const asking = open.filter(({ state }) => state === 'awaiting_approval').length;
  const words = [
    isHalted && 'Halted',
    open.length > 0 && `${open.length} open incident${open.length === 1 ? '' : 's'}`,
    asking > 0 && `${asking} waiting for a yes or no`,
    ended > 0 && `${ended} handed to a person`,
    isMore && 'and more',
  ];
  return words.filter(Boolean).join(', ');
}

function card({
  id,
  alertname,
  target,
  state,
  category,
  startsAt,
  closedAt,
  conclusion,
  firing,
  notTakenBack,
}: IncidentSummary): Html {
  const what = conclusion ?? (category ? category.replaceAll('_', ' ') : 'being looked at');
  // Of one that is open they may end at any moment.
  const ended = closedAt !== null && !firing && !notTakenBack;
  return html`<article class="card${closedAt !== null && ' handed'}"><h2 class="unseen">${target}</h2><p>${stateBadge(state)} <a href="/incidents/${id}" id="open-${id}">${alertname ?? id} on ${target}</a></p>
<p>${notTakenBack && html`<span class="state bad">${notTakenBack} could not be taken back</span>. `}${ended && 'Its alerts have ended since, and nothing proves why. '}${what}</p><p class="quiet">since ${time(startsAt)} UTC</p></article>`;
}

function listOf(incidents: IncidentSummary[], filters: Filters): Html {
  if (incidents.length === 0)
    return isFiltered(filters) || filters.cursor !== undefined
      ? html`<p>No incident is like that.</p>`
      : html`<p>No incident yet. The first one appears here by itself.</p>`;
  const rows = incidents.map((i) => [
    time(i.openedAt),
    stateBadge(i.state),
    html`<a href="/incidents/${i.id}">${i.alertname ?? i.id}</a>`,
    html`<a href="${addressOf({ target: i.target })}">${i.target}</a>`,
    i.category?.replaceAll('_', ' '),
    i.conclusion,
    i.closedAt === null ? null : span(Date.parse(i.closedAt) - Date.parse(i.startsAt)),
  ]);
  return table(['Opened (UTC)', 'State', 'Incident', 'Target', 'Cause', 'Conclusion', 'Took'], rows);
}

export function runbookPage(entries: RunbookEntry[], q = '', offer: Offer = null): string {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter((entry) => {
    const text = `${entry.signature} ${entry.action} ${entry.note}`.replaceAll('_', ' ').toLowerCase();
    return words.every((word) => text.includes(word.replaceAll('_', ' ')));
  });
  const body = html`<section id="top"><h1>Runbook</h1>
<p>What was learned from past incidents: evidence for the next one, never an instruction. The older it is, the less it is worth.</p></section>
<section id="filters"><form class="search" role="search" action="/runbook"><label>Search<input type="search" name="q" value="${q}" placeholder="target, alert, cause or action"></label><button>Show</button>${q && html`<a href="/runbook">Show all</a>`}</form></section>
<section id="list">${entriesOf(found, entries.length)}</section>`;
  return layout({ title: 'Runbook', body, here: '/runbook', live: 'all', offer });
}

function entriesOf(found: RunbookEntry[], all: number): Html {
  if (found.length === 0)
    return html`<p>${all === 0 ? 'Nothing learned yet.' : 'No entry is like that.'}</p>`;
  const rows = found.map((e) => [
    e.signature,
    e.action,
    helped(e),
    e.recent && `${e.recent.succeeded} of ${Number((e.recent.succeeded + e.recent.failed).toFixed(2))}`,
    e.note,
    html`${time(e.lastSeen)}<br><a href="${addressOf({ q: `${e.target} ${e.category}` })}">incidents like it</a>`,
  ]);
  return table(['What it looked like', 'Action', 'Helped', 'Worth today', 'Note', 'Last seen (UTC)'], rows);
}

/** How often it helped, as far as that could be told. */
function helped({ succeeded, failed }: RunbookEntry): Html {
  const tried = succeeded + failed;
  if (tried === 0) return html`<span class="quiet">not tried</span>`;
  const share = `${Math.round((succeeded / tried) * 100)} %`;
  return html`<span class="nowrap">${succeeded} of ${tried} (${share})</span><br><meter min="0" max="1" value="${(succeeded / tried).toFixed(3)}" aria-label="helped in ${share}">${share}</meter>`;
}

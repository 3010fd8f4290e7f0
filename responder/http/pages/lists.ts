/** The list of incidents and the runbook as pages. */
import type { IncidentSummary } from '../../incident/archive.ts';
import type { Halt } from '../../incident/control.ts';
import type { RunbookEntry } from '../../incident/incident.ts';
import { html } from './html.ts';
import { layout, type Offer, stateBadge, time } from './layout.ts';

interface Circumstances {
  halt?: Halt;
  offer?: Offer;
}

export function incidentListPage(
  incidents: IncidentSummary[],
  next: string | null,
  { halt, offer = null }: Circumstances = {},
): string {
  const rows = incidents.map(
    (i) =>
      html`<tr><td>${time(i.openedAt)}</td><td>${stateBadge(i.state)}</td><td><a href="/incidents/${i.id}">${i.alertname ?? i.id}</a> on ${i.target}</td><td>${i.conclusion}</td></tr>`,
  );
  const open = incidents.filter((i) => !i.closedAt).length;
  const body = html`<h1>${open === 0 ? 'Nothing is wrong' : `${open} open incident${open === 1 ? '' : 's'}`}</h1>
${halt?.on && html`<p class="lead"><span class="state bad">Halted</span> by ${halt.by} at ${time(halt.at)} UTC: nothing is repaired until <code>POST /api/resume</code>.</p>`}
${
  rows.length === 0
    ? html`<p>No incident yet. The first one appears here by itself.</p>`
    : html`<div class="wide"><table><tr><th>Opened (UTC)</th><th>State</th><th>Incident</th><th>Conclusion</th></tr>${rows}</table></div>`
}
${next && html`<p><a href="/?cursor=${encodeURIComponent(next)}">Older</a></p>`}`;
  return layout({ title: 'Incidents', body, refresh: 3, offer });
}

export function runbookPage(entries: RunbookEntry[], offer: Offer = null): string {
  const rows = entries.map(
    (e) =>
      html`<tr><td>${e.signature}</td><td>${e.action}</td><td>${e.succeeded}</td><td>${e.failed}</td><td>${e.recent && `${e.recent.succeeded} / ${e.recent.failed}`}</td><td>${e.note}</td><td>${time(e.lastSeen)}</td></tr>`,
  );
  const body = html`<h1>Runbook</h1>
<p>What was learned from past incidents: evidence for the next one, never an instruction. The older it is, the less it is worth.</p>
${
  rows.length === 0
    ? html`<p>Nothing learned yet.</p>`
    : html`<div class="wide"><table><tr><th>What it looked like</th><th>Action</th><th>Worked</th><th>Failed</th><th>Worth today</th><th>Note</th><th>Last seen (UTC)</th></tr>${rows}</table></div>`
}`;
  return layout({ title: 'Runbook', body, offer });
}

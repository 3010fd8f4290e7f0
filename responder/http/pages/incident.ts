/** One incident: what broke, what was done, is it over, and why. */
import type { AuditEvent, Evidence, Incident } from '../../incident/incident.ts';
import { type Html, html } from './html.ts';
import { clock, layout, stateBadge, time } from './layout.ts';

export function incidentPage(incident: Incident & { timeline: AuditEvent[] }): string {
  const name = incident.alerts[0]?.name ?? 'Incident';
  const body = html`
<h1>${name} on ${incident.target}</h1>
<p>${stateBadge(incident.state)} <span class="quiet"><code>${incident.id}</code>, began ${time(incident.startsAt)}, ended ${time(incident.closedAt)} UTC</span></p>
<p class="lead">${incident.conclusion ?? incident.diagnosis?.root_cause ?? incident.alerts[0]?.annotations.summary}</p>
${diagnosis(incident)}
${verdict(incident)}
${actions(incident)}
${recovery(incident)}
${incident.lesson && html`<h2>Lesson</h2><p>${incident.lesson}</p>`}
${evidence(incident.evidence)}
${timeline(incident)}
<p><a href="/api/incidents/${incident.id}">This record as JSON</a>${incident.postmortem && html` · <a href="/api/incidents/${incident.id}/postmortem">Postmortem</a>`}</p>`;
  return layout({ title: `${name} on ${incident.target}`, body, refresh: incident.closedAt ? undefined : 2 });
}

function diagnosis({ diagnosis: d }: Incident): Html | null {
  if (!d) return null;
  const cites = d.citations.map((id) => html`<a href="#${id}">${id}</a> `);
  return html`<h2>Diagnosis</h2>
<p>${d.root_cause}. ${d.justification}</p>
<p class="quiet">${d.category}, ${d.action}, confidence ${d.confidence}, by ${d.provider}, from ${cites}</p>`;
}

function verdict({ verdict: v }: Incident): Html | null {
  if (!v) return null;
  const rows = v.checks.map(
    (check) =>
      html`<tr><td>${check.guard}</td><td>${stateBadge(check.allowed ? 'pass' : 'fail')}</td><td>${check.reason}</td></tr>`,
  );
  return html`<h2>Verdict: ${v.decision === 'allow' ? 'allowed' : 'not allowed'}</h2>
<div class="wide"><table><tr><th>Guard</th><th>Word</th><th>Reason</th></tr>${rows}</table></div>`;
}

function actions({ actions: all }: Incident): Html | null {
  if (all.length === 0) return null;
  const items = all.map(
    (
      a,
    ) => html`<p>${clock(a.intendedAt)} <strong>${a.action}</strong> on ${a.instance} (${a.runtime}): ${a.state}. ${a.detail}</p>
${a.before.lastOutput && html`<details><summary>Last output before it</summary><pre>${a.before.lastOutput}</pre></details>`}`,
  );
  return html`<h2>Action</h2>${items}`;
}

function recovery({ recovery: r }: Incident): Html | null {
  if (!r) return null;
  const rows = r.checks.map(
    (c) => html`<tr><td>${c.name}</td><td>${stateBadge(c.result)}</td><td>${c.reading}</td></tr>`,
  );
  return html`<h2>Recovery: ${r.result.replace('_', ' ')}</h2>
<div class="wide"><table><tr><th>Check</th><th>Result</th><th>Reading</th></tr>${rows}</table></div>`;
}

function evidence(all: Evidence[]): Html | null {
  if (all.length === 0) return null;
  const rows = all.map(
    (e) =>
      html`<tr id="${e.id}"><td>${e.id}</td><td>${e.source}</td><td>${e.reading}<br><code class="quiet">${e.query}</code></td></tr>`,
  );
  return html`<h2>Evidence</h2>
<div class="wide"><table><tr><th>Id</th><th>Source</th><th>Reading</th></tr>${rows}</table></div>`;
}

function timeline({ timeline: events }: { timeline: AuditEvent[] }): Html {
  const rows = events.map(
    (e) =>
      html`<tr><td>${clock(e.at)}</td><td>${e.stage}</td><td>${e.text}</td><td>${e.ms === null ? '' : `${Math.round(e.ms)}\u00a0ms`}</td></tr>`,
  );
  return html`<h2>Timeline (UTC)</h2>
<div class="wide"><table><tr><th>When</th><th>Stage</th><th>What</th><th>Took</th></tr>${rows}</table></div>`;
}

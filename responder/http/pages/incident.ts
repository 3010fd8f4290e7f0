/** One incident: what broke, what was done, is it over, and why. */
import type { ActionRecord, AuditEvent, Evidence, Incident, Undo } from '../../incident/incident.ts';
import type { WholeIncident } from '../whole-incident.ts';
import { type Html, html } from './html.ts';
import { clock, layout, type Offer, stateBadge, time } from './layout.ts';
import { logPatterns } from './log-patterns.ts';
import { modelPart } from './model.ts';
import { opensIn, question } from './question.ts';

interface Circumstances {
  /** Whether an answer needs the API token. */
  asksToken: boolean;
  now: Date;
  offer?: Offer;
}
const RENEW_SECONDS = 2;

export function incidentPage(
  incident: WholeIncident,
  { asksToken, now, offer = null }: Circumstances,
): string {
  const name = incident.alerts[0]?.name ?? 'Incident';
  const body = html`
<h1>${name} on ${incident.target}</h1>
<p>${stateBadge(incident.state)} <span class="quiet"><code>${incident.id}</code>, began ${time(incident.startsAt)}, ended ${time(incident.closedAt)} UTC</span></p>
${standing(incident)}
<p class="lead">${incident.conclusion ?? incident.diagnosis?.root_cause ?? incident.alerts[0]?.annotations.summary}</p>
${question(incident, asksToken, now)}
${diagnosis(incident)}
${verdict(incident)}
${actions(incident)}
${recovery(incident)}
${incident.lesson && html`<h2>Lesson</h2><p>${incident.lesson}</p>`}
${evidence(incident.evidence)}
${logPatterns(incident.evidence)}
${timeline(incident)}
<p><a href="/api/incidents/${incident.id}">This record as JSON</a> · <a href="/api/incidents/${incident.id}/bundle">Evidence as a bundle</a>${incident.postmortem && html` · <a href="/api/incidents/${incident.id}/postmortem">Postmortem</a>`}</p>`;
  // While somebody types their answer nothing is loaded anew under their hands.
  const refresh = incident.closedAt ? undefined : (opensIn(incident, now) ?? RENEW_SECONDS);
  return layout({ title: `${name} on ${incident.target}`, body, refresh, offer });
}

/** What else one has to know: what it is about, and who has it. */
function standing({ follows, hold }: WholeIncident): Html[] {
  return [
    ...(follows
      ? [
          html`<p>Its alerts still fire after <a href="/incidents/${follows}">${follows}</a> was closed as over.</p>`,
        ]
      : []),
    ...(hold
      ? [
          html`<p><span class="state busy">${hold.by} has it</span>: nothing is done to ${hold.target} until ${time(hold.until)} UTC.</p>`,
        ]
      : []),
  ];
}

function diagnosis({ diagnosis: d }: Incident): Html | null {
  if (!d) return null;
  const cites = d.citations.map((id) => html`<a href="#${id}">${id}</a> `);
  return html`<h2>Diagnosis</h2>
<p>${d.root_cause}. ${d.justification}</p>
<p class="quiet">${d.category}, ${d.action}, confidence ${d.confidence}, by ${d.provider}, from ${cites}</p>
${modelPart(d)}`;
}

const DECISIONS = { allow: 'allowed', ask: 'a person is asked', deny: 'not allowed' };

function verdict({ verdict: v }: Incident): Html | null {
  if (!v) return null;
  const refusal = v.decision === 'ask' ? 'asks' : 'fail';
  const rows = v.checks.map(
    (check) =>
      html`<tr><td>${check.guard}</td><td>${stateBadge(check.allowed ? 'pass' : refusal)}</td><td>${check.reason}</td></tr>`,
  );
  return html`<h2>Verdict: ${DECISIONS[v.decision]}</h2>
<div class="wide"><table><tr><th>Guard</th><th>Word</th><th>Reason</th></tr>${rows}</table></div>`;
}

function actions({ actions: all }: Incident): Html | null {
  if (all.length === 0) return null;
  return html`<h2>Action</h2>${all.map(action)}`;
}

function action({ undo, before, ...a }: ActionRecord): Html {
  return html`<p>${clock(a.intendedAt)} <strong>${a.action}</strong> on ${a.instance} (${a.runtime}): ${a.state}. ${a.detail}</p>
${undo && takenBack(undo)}
${before.lastOutput && html`<details><summary>Last output before it</summary><pre>${before.lastOutput}</pre></details>`}`;
}

function takenBack({ state, dueAt, detail, doneAt }: Undo): Html {
  if (state === 'done') return html`<p>It was taken back at ${time(doneAt)} UTC: ${detail}</p>`;
  if (state === 'failed')
    return html`<p><span class="state bad">It could not be taken back</span> at ${time(doneAt)} UTC: ${detail}</p>`;
  return html`<p>It is taken back at ${time(dueAt)} UTC.${detail && ` Put off: ${detail}`}</p>`;
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

/** One incident: what broke, what was done, is it over, and why. */
import type { ActionRecord, AuditEvent, Evidence, Incident, Undo } from '../../incident/incident.ts';
import type { WholeIncident } from '../whole-incident.ts';
import { evidenceList, mainChart } from './evidence.ts';
import { glance } from './glance.ts';
import { type Html, html } from './html.ts';
import { clock, layout, type Offer, span, stateBadge, table, time } from './layout.ts';
import { logPatterns } from './log-patterns.ts';
import { modelPart } from './model.ts';
import { keeping, question } from './question.ts';
import { spans, steps } from './stages.ts';

interface Circumstances {
  /** Whether an answer needs the API token. */
  asksToken: boolean;
  now: Date;
  offer?: Offer;
}

export function incidentPage(
  incident: WholeIncident,
  { asksToken, now, offer = null }: Circumstances,
): string {
  const name = incident.alerts[0]?.name ?? 'Incident';
  // Each a section of its own: the page takes those anew that have changed.
  const sections: Record<string, Html | Html[] | null> = {
    glance: [head(incident, name), glance(incident, now), steps(incident), ...standing(incident)],
    question: question(incident, asksToken, now),
    keeping: keeping(incident, asksToken, now),
    diagnosis: diagnosis(incident),
    verdict: verdict(incident),
    actions: actions(incident),
    recovery: recovery(incident),
    lesson: incident.lesson === null ? null : html`<h2>Lesson</h2><p>${incident.lesson}</p>`,
    evidence: evidenceList(incident),
    patterns: logPatterns(incident.evidence),
    timeline: timeline(incident),
    downloads: downloads(incident),
  };
  const body = Object.entries(sections).map(([id, part]) =>
    part === null ? '' : html`<section id="${id}">${part}</section>`,
  );
  return layout({
    title: `${name} on ${incident.target}: ${incident.state.replaceAll('_', ' ')}`,
    body: html`${body}`,
    live: incident.id,
    said: `It is now ${incident.state.replaceAll('_', ' ')}`,
    offer,
  });
}

function head({ target, state, id, startsAt, closedAt }: WholeIncident, name: string): Html {
  const took = closedAt ? Date.parse(closedAt) - Date.parse(startsAt) : null;
  return html`<h1>${name} on ${target}</h1>
<p>${stateBadge(state)} <span class="quiet"><code>${id}</code>, began ${time(startsAt)}${closedAt && html`, ended ${time(closedAt)}`} UTC${took !== null && `, ${span(took)}`}</span></p>`;
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

function diagnosis(incident: Incident): Html | null {
  const { diagnosis: d, evidence } = incident;
  if (!d) return null;
  return html`<h2>Diagnosis</h2>
<p class="lead">${d.root_cause}. ${d.justification}</p>
<p class="quiet">${d.category.replaceAll('_', ' ')}, ${d.action}, confidence ${d.confidence}, by ${d.provider}</p>
${mainChart(incident)}
${d.citations.length > 0 && html`<p>Because of</p><ul>${d.citations.map((id) => citation(id, evidence))}</ul>`}
${modelPart(d)}`;
}

function citation(id: string, evidence: Evidence[]): Html {
  return html`<li><a href="#${id}">${id}</a> ${evidence.find((item) => item.id === id)?.reading}</li>`;
}

const DECISIONS = { allow: 'allowed', ask: 'a person is asked', deny: 'not allowed' };

function verdict({ verdict: v }: Incident): Html | null {
  if (!v) return null;
  const refusal = v.decision === 'ask' ? 'asks' : 'fail';
  const rows = v.checks.map((check) => [
    check.guard,
    stateBadge(check.allowed ? 'pass' : refusal),
    check.reason,
  ]);
  return html`<h2>Verdict: ${DECISIONS[v.decision]}</h2>
<p class="quiet">${v.planned.action} on ${v.planned.instance ?? v.planned.target}, as each guard sees it, in their order; the first refusal ends it.</p>
${table(['Guard', 'Word', 'Reason'], rows)}`;
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
  const rows = r.checks.map((c) => [c.name, stateBadge(c.result), c.reading]);
  return html`<h2>Recovery: ${r.result.replace('_', ' ')}</h2>
${table(['Check', 'Result', 'Reading'], rows)}`;
}

function timeline({ timeline: events }: { timeline: AuditEvent[] }): Html {
  const rows = events.map((e) => [clock(e.at), e.stage, e.text, e.ms === null ? null : span(e.ms)]);
  return html`<h2>Timeline (UTC)</h2>
${spans(events)}
${table(['When', 'Stage', 'What', 'Took'], rows)}`;
}

function downloads({ id, postmortem }: WholeIncident): Html {
  return html`<h2>Take it along</h2>
<p>${postmortem && html`<a href="/api/incidents/${id}/postmortem" download="postmortem-${id}.md">Postmortem</a> · `}<a href="/api/incidents/${id}/bundle" download="incident-${id}.json">Evidence as a bundle</a> · <a href="/api/incidents/${id}">This record as JSON</a></p>`;
}

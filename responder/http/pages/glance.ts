/** What a tired person wants to know within five seconds: what broke, what was done, is it over, must I do anything. */
import { type ActionRecord, alertsEnded, closedTooSoon, stuckUndo } from '../../incident/incident.ts';
import type { WholeIncident } from '../whole-incident.ts';
import { type Html, html } from './html.ts';
import { span, time } from './layout.ts';
import { opensIn } from './question.ts';

export function glance(incident: WholeIncident, now: Date): Html {
  const answers = [
    ['What broke?', broke(incident)],
    ['What was done?', done(incident)],
    ['Is it over?', over(incident)],
    ['Must I do anything?', todo(incident, now)],
  ] as const;
  return html`<dl class="glance">${answers.map(([question, answer]) => html`<div><dt>${question}</dt><dd>${answer}</dd></div>`)}</dl>`;
}

function broke({ diagnosis, alerts, target }: WholeIncident): Html {
  const [alert] = alerts;
  if (!diagnosis) return html`${alert?.annotations.summary ?? `${alert?.name ?? 'An alert'} on ${target}`}`;
  return html`${diagnosis.root_cause} <span class="quiet">(${diagnosis.category.replaceAll('_', ' ')})</span>`;
}

function done({ actions, verdict, closedAt }: WholeIncident): Html {
  const last = actions.filter(({ state }) => state !== 'withdrawn').at(-1);
  if (last) return html`${wordsOf(last)}${actions.length > 1 && ` (${actions.length} were tried)`}`;
  const refusal = verdict?.decision === 'deny' && verdict.checks.findLast((check) => !check.allowed);
  if (refusal) return html`Nothing: ${refusal.reason}`;
  return closedAt ? html`Nothing` : html`Nothing yet`;
}

const HOW: Record<ActionRecord['state'], string> = {
  intended: 'is being done',
  done: '',
  failed: 'failed',
  unknown: 'nobody can tell whether it was done',
  withdrawn: 'was withdrawn',
};

function wordsOf({ action, instance, state, undo }: ActionRecord): string {
  const how = HOW[state] && `: ${HOW[state]}`;
  const back = undo?.state === 'done' ? ', taken back since' : undo?.state === 'due' ? ', for a while' : '';
  return `${action} of ${instance}${how}${back}`;
}

function over(incident: WholeIncident): Html {
  const { state, startsAt, closedAt, conclusion, actions } = incident;
  const took = closedAt ? span(Date.parse(closedAt) - Date.parse(startsAt)) : '';
  if (closedTooSoon(incident))
    return html`<span class="state bad">No</span>: its alerts fire on, though it was closed as over`;
  switch (state) {
    case 'resolved':
      return html`<span class="state good">Yes</span>, proved by measurements, ${took} after it began`;
    case 'no_action':
      return html`<span class="state good">Yes</span>: ${conclusion}`;
    case 'escalated':
    case 'failed':
      if (alertsEnded(incident))
        return html`<span class="state busy">Perhaps</span>: its alerts have ended since, and nothing proves why`;
      if (state === 'failed' && actions.length > 0)
        return html`<span class="state bad">No</span>: what was done did not help`;
      return html`<span class="state bad">No</span>, as far as is known`;
    default:
      return html`<span class="state busy">Not yet</span>: it began at ${time(startsAt)} UTC`;
  }
}

function todo(incident: WholeIncident, now: Date): Html {
  const { hold, state, conclusion, alerts, approval } = incident;
  const stuck = stuckUndo(incident);
  if (stuck)
    return html`<span class="state bad">Yes</span>: ${stuck.action} of ${stuck.instance} could not be taken back: ${stuck.undo?.detail}`;
  if (closedTooSoon(incident))
    return html`See <a href="/incidents/${incident.followedBy}">${incident.followedBy}</a>, which goes on with it`;
  if (hold) return html`No: ${hold.by} has it until ${time(hold.until)} UTC`;
  if (approval && opensIn(incident, now) !== null)
    return html`<span class="state bad">Yes</span>: <a href="#question">say yes or no</a> by ${time(approval.expiresAt)} UTC`;
  if (state !== 'escalated' && state !== 'failed') return html`No`;
  const help = webAddress(alerts[0]?.annotations.runbook_url);
  const what = alertsEnded(incident) ? 'look whether it is well. ' : '';
  return html`<span class="state bad">Yes</span>: ${what}${conclusion ?? 'a person is needed'}${help && html` (<a href="${help}">what the alert means</a>)`}`;
}

/** Where an alert's own word may lead: to a page, never to a script. */
function webAddress(text: string | undefined): string | null {
  return text !== undefined && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null;
}

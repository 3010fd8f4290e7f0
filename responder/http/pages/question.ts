/** What a person is asked about an incident, with the forms to answer it. */
import type { ShownApproval, WholeIncident } from '../whole-incident.ts';
import { type Html, html } from './html.ts';
import { stateBadge, time } from './layout.ts';
import { loginPath } from './login.ts';

/** Seconds until the question lapses; null where nothing is open to be answered. */
export function opensIn({ state, approval, hold }: WholeIncident, now: Date): number | null {
  if (state !== 'awaiting_approval' || !approval || approval.decision || hold) return null;
  const seconds = Math.ceil((Date.parse(approval.expiresAt) - now.getTime()) / 1000);
  return seconds > 0 ? seconds : null;
}

/** Null where nothing was ever asked. */
export function question(incident: WholeIncident, asksToken: boolean, now: Date): Html | null {
  const { approval } = incident;
  if (!approval) return null;
  if (opensIn(incident, now) === null) return answered(approval);
  const { diagnosis, verdict } = incident;
  const passed = verdict?.checks.filter((check) => check.allowed) ?? [];
  return html`<div class="ask"><h2>Your word is asked for</h2>
<dl class="pairs">
<dt>What would be done</dt><dd><strong>${wordsOf(approval)}</strong></dd>
<dt>Why</dt><dd>${diagnosis && `${diagnosis.root_cause}. ${diagnosis.justification} (${diagnosis.category.replaceAll('_', ' ')}, confidence ${diagnosis.confidence}, by ${diagnosis.provider})`}</dd>
<dt>Checks</dt><dd>${passed.length} passed${passed.length > 0 && ': '}${passed.map(({ guard }) => guard).join(', ')}. ${verdict?.checks.findLast((check) => !check.allowed)?.reason}</dd>
<dt>Until</dt><dd>${time(approval.expiresAt)} UTC; without an answer by then it goes to a person, and nothing is done</dd>
</dl>
${asksToken && html`<p class="quiet">Each takes the API token. <a href="${loginPath(`/incidents/${incident.id}`)}">Log in with it</a>, and they ask for it no more.</p>`}
<div class="forms">${ANSWERS.map((answer) => form(incident.id, approval.hash, answer, asksToken))}</div>
</div>`;
}

/** Taking an incident that nothing is asked about, and giving back what was taken; null where neither can be. */
export function keeping(incident: WholeIncident, asksToken: boolean, now: Date): Html | null {
  const { id, hold, closedAt } = incident;
  if (hold)
    return html`<details class="no-print"><summary>Give ${hold.target} back</summary><div class="forms">${form(id, null, RELEASE, asksToken)}</div></details>`;
  if (closedAt || opensIn(incident, now) !== null) return null;
  return html`<details class="no-print"><summary>I have it</summary><div class="forms">${form(id, null, TAKE, asksToken)}</div></details>`;
}

function answered({ decision, by, at, expiresAt, ...asked }: ShownApproval): Html {
  const answer = decision
    ? html`${stateBadge(decision)} by ${by} at ${time(at)} UTC`
    : html`nobody said yes or no; the question was good until ${time(expiresAt)} UTC`;
  return html`<p>A person was asked about ${wordsOf(asked)}: ${answer}.</p>`;
}

function wordsOf({ planned: p }: Pick<ShownApproval, 'planned'>): string {
  const of = p.instance === null ? '' : ` of ${p.target}`;
  return `${p.action} on ${p.instance ?? p.target}${of}${p.version ? `, to release ${p.version}` : ''}`;
}

interface Answer {
  decision: 'approve' | 'reject' | 'take' | 'release';
  button: string;
  says: string;
}
const TAKE: Answer = {
  decision: 'take',
  button: 'I have it',
  says: 'It goes to you, and nothing is done to this target for an hour.',
};
const RELEASE: Answer = {
  decision: 'release',
  button: 'Give it back',
  says: 'The next alert finds the target free to be repaired.',
};
const ANSWERS: Answer[] = [
  { decision: 'approve', button: 'Approve', says: 'Do exactly this; all guards are asked once more.' },
  { decision: 'reject', button: 'Reject', says: 'Do not do it; the incident goes to a person.' },
  TAKE,
];

/** @param hash of what is approved or rejected; null where nothing is asked. */
function form(id: string, hash: string | null, { decision, button, says }: Answer, token: boolean): Html {
  return html`<form method="post" action="/incidents/${id}/decide">
<p>${says}</p>
<input type="hidden" name="decision" value="${decision}">${hash !== null && html`<input type="hidden" name="hash" value="${hash}">`}
<label>Your name<input name="by" required maxlength="100" autocomplete="name"></label>
${token && html`<label>API token<input name="token" type="password" required autocomplete="off"></label>`}
<button>${button}</button>
</form>`;
}

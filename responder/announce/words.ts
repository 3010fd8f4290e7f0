/**
 * What people are told of an incident, wherever they look: what broke, what was done, is it over, must I do anything. Plain
 * text of one line each; whoever shows it escapes it.
 */
import { actionsMade, alertsEnded, closedTooSoon, stuckUndo } from '../incident/incident.ts';
import { isEnd } from '../incident/lifecycle.ts';
import type { Told } from '../incident/outbox.ts';

export interface Words {
  title: string;
  /** Where it stands, in a few words. */
  standing: string;
  broke: string;
  done: string;
  over: string;
  you: string;
  /** For the eye: somebody must act, it is being worked on, it is over. */
  mood: 'you' | 'working' | 'over';
  /** Readings that carry the diagnosis. */
  evidence: string[];
}

const LINE = 400;
const EVIDENCE = 5;

export function wordsFor(told: Told, now: Date): Words {
  const name = told.alerts[0]?.name ?? 'Incident';
  return {
    title: oneLine(`${name} on ${told.target}`, 150),
    standing: standing(told, now),
    broke: oneLine(broke(told)),
    done: oneLine(done(told)),
    over: oneLine(over(told)),
    you: oneLine(you(told, now)),
    mood: moodOf(told, now),
    evidence: evidence(told),
  };
}

function moodOf(told: Told, now: Date): Words['mood'] {
  if (callOf(told, now) || closedTooSoon(told)) return 'you';
  // Whoever has it works on it: nothing proves that it is over.
  return isEnd(told.state) && !isHandedOver(told) ? 'over' : 'working';
}

const isHandedOver = ({ state }: Told) => state === 'escalated' || state === 'failed';

/** The words in one string, for the log, notifications and screen readers. */
export function inOne({ title, standing, broke, done, over, you }: Words): string {
  return `${title}: ${standing}. What broke: ${broke}. What was done: ${done}. Is it over: ${over}. Must I do anything: ${you}.`;
}

const STANDING: Record<Told['state'], string> = {
  detected: 'just seen',
  diagnosing: 'being looked at',
  awaiting_approval: 'waits for a word',
  remediating: 'being repaired',
  verifying: 'being verified',
  resolved: 'resolved',
  no_action: 'over, nothing was to be done',
  escalated: 'a person is needed',
  failed: 'could not be repaired, a person is needed',
};

function standing(told: Told, now: Date): string {
  if (closedTooSoon(told)) return 'not over after all';
  return opensUntil(told, now) ? 'waits for your word' : STANDING[told.state];
}

function broke({ diagnosis, alerts, target }: Told): string {
  if (diagnosis) return `${diagnosis.root_cause} (${diagnosis.category.replaceAll('_', ' ')})`;
  const alert = alerts[0];
  return alert?.annotations.summary ?? `${alert?.name ?? 'an alert'} of ${target} fires`;
}

function done(told: Told): string {
  const made = actionsMade(told).map(({ action, instance, state, undo }) => {
    const back = undo?.state === 'done' ? ', taken back since' : '';
    const stuck = undo?.state === 'failed' ? ', and could not be taken back' : '';
    return `${action} on ${instance}: ${state}${back}${stuck}`;
  });
  const open = told.actions.find(({ state }) => state === 'intended');
  if (open && !isEnd(told.state)) made.push(`${open.action} on ${open.instance} is under way`);
  if (made.length > 0) return made.join('; ');
  return isEnd(told.state) ? 'nothing' : 'nothing yet';
}

function over(told: Told): string {
  const { state, conclusion } = told;
  const why = conclusion ? `: ${conclusion}` : '';
  if (closedTooSoon(told)) return 'no: its alerts fire on, though it was closed as over';
  if (state === 'resolved') return `yes, and proved${why}`;
  if (state === 'no_action') return `yes${why}`;
  if (isEnd(state)) return alertsEnded(told) ? `perhaps, its alerts have ended since${why}` : `no${why}`;
  return state === 'verifying' ? 'not known yet, recovery is being verified' : 'not yet';
}

function you(told: Told, now: Date): string {
  const stuck = stuckUndo(told);
  if (stuck) return `yes: ${stuck.action} on ${stuck.instance} could not be taken back`;
  if (closedTooSoon(told)) return `see ${told.followedBy}, which goes on with it`;
  if (told.hold) return `no, ${told.hold.by} has it until ${timeOf(told.hold.until)}`;
  const until = opensUntil(told, now);
  if (until)
    return `yes: say yes or no to ${planOf(told)} until ${timeOf(until)}; without an answer nothing is done`;
  if (isHandedOver(told))
    return alertsEnded(told)
      ? 'yes: look whether it is well, nothing proves it'
      : 'yes: look into it, nothing more is done by itself';
  return 'no';
}

/** The exact action that is asked about. */
export function planOf({ approval }: Told): string {
  if (!approval) return 'nothing';
  const { action, instance, target, version } = approval.planned;
  return oneLine(`${action} on ${instance ?? target}${version ? `, to release ${version}` : ''}`, 200);
}

/** ISO time until which a person's word is waited for; null where none is. */
export function opensUntil({ state, approval, hold }: Told, now: Date): string | null {
  if (state !== 'awaiting_approval' || !approval || approval.decision || hold) return null;
  return Date.parse(approval.expiresAt) > now.getTime() ? approval.expiresAt : null;
}

/** What a person must know at once, as a key that is new for each such change; null where there is nothing. */
export function callOf(told: Told, now: Date): string | null {
  const stuck = stuckUndo(told);
  if (stuck) return `undo:${stuck.id}`;
  if (told.hold) return null;
  if (opensUntil(told, now)) return `ask:${told.approval?.hash.slice(0, 16)}`;
  return isHandedOver(told) ? told.state : null;
}

function evidence({ diagnosis, evidence: all }: Told): string[] {
  return (diagnosis?.citations ?? [])
    .flatMap((id) => all.filter((one) => one.id === id))
    .slice(0, EVIDENCE)
    .map(({ id, reading }) => oneLine(`${id} ${reading}`, 200));
}

const timeOf = (iso: string) => `${iso.slice(11, 19)} UTC`;

/** Invisible marks: control characters, and what turns the direction of writing round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/g;

/** Somebody's words can neither begin a line of their own nor hide one; longer ones end in an ellipsis. */
export function oneLine(text: string, max = LINE): string {
  const line = text.replace(INVISIBLE, ' ').replace(/\s+/g, ' ').trim();
  return cut(line, max);
}

/** By whole characters, never half of one. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

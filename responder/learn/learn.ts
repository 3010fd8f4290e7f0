/** Incident -> runbook entry and postmortem. Refused, failed and escalated incidents are lessons too. */
import type { Aftermath, Incident, Outcome } from '../incident/incident.ts';
import type { Lesson } from '../incident/runbook.ts';
import { postmortem } from './postmortem.ts';

export interface Learned {
  result: 'learned';
  say: string;
  found: { lesson: string; postmortem: string; signature: string; aftermath: Aftermath };
  outcome: Outcome;
  lesson: Lesson;
}

interface Options {
  clock: () => Date;
  /** Never throws. */
  readAftermath: (incident: Incident) => Promise<Aftermath>;
}

export function makeLearn({ clock, readAftermath }: Options) {
  return async (incident: Incident): Promise<Learned> => {
    const aftermath = await readAftermath(incident);
    const lesson = lessonOf(incident);
    const words = `${lesson.note} (${lesson.signature})`;
    const written = postmortem({ ...incident, lesson: words }, clock());
    const outcome = incident.outcome ?? 'escalated';
    return {
      result: 'learned',
      say: words,
      found: { lesson: words, postmortem: written, signature: lesson.signature, aftermath },
      outcome,
      lesson,
    };
  };
}

/**
 * What it looked like before anything was done: the alerts and the cause. No model text, so that it stays a key. Alerts
 * that came after the first action are its echo (a restart takes the target down for a moment) and belong to no pattern.
 */
export function signatureOf(incident: Incident): string {
  return `${incident.target}: ${namesOf(incident).join('+')}, ${incident.diagnosis?.category ?? 'unknown'}`;
}

function namesOf(incident: Incident): string[] {
  const acted = Date.parse(incident.actions[0]?.intendedAt ?? '');
  const before = incident.alerts.filter((alert) => !(Date.parse(alert.startsAt) > acted));
  // None before it: then the clocks disagree, and all count.
  const counted = before.length > 0 ? before : incident.alerts;
  return [...new Set(counted.map((alert) => alert.name))].sort();
}

export function lessonOf(incident: Incident): Lesson {
  const action = incident.actions.at(-1);
  const base = {
    // Of one that follows another: the key of that one, so that failure and success are counted together.
    signature: incident.signature ?? signatureOf(incident),
    category: incident.diagnosis?.category ?? ('unknown' as const),
    target: incident.target,
    alerts: namesOf(incident),
  };
  if (incident.follows && incident.blamed)
    return {
      ...base,
      action: incident.blamed,
      worked: false,
      note: `${incident.blamed} did not last: ${incident.conclusion}`,
    };
  if (!action)
    return {
      ...base,
      action: 'NOOP',
      worked: null,
      note: `nothing was done: ${incident.conclusion ?? 'no reason is on record'}`,
    };
  // An earlier action's verification says nothing about this one.
  const result = incident.recovery?.since === action.settledAt ? incident.recovery?.result : undefined;
  const worked = result === 'recovered' ? true : result === 'not_recovered' ? false : null;
  const verb =
    worked === true ? 'helped' : worked === false ? 'did not help' : 'had an effect that could not be told';
  return { ...base, action: action.action, worked, note: `${action.action} ${verb}` };
}

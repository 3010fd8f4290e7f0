/**
 * Waits for a person's word on exactly the action that the guards would allow. Waiting is a due time: the question's end.
 * Approved, the evidence is gathered again and all guards run again: the yes counts for this one action, if it still is the answer.
 */
import type { Approval, Hold } from '../incident/approvals.ts';
import { episodeOf, type Incident, type Outcome } from '../incident/incident.ts';

interface Options {
  approvals: { of(hash: string): Promise<Approval | null>; holdOn(target: string): Promise<Hold | null> };
  clock: () => Date;
}
export interface Approved {
  result: 'approved' | 'pending' | 'ended';
  say: string;
  found?: { conclusion: string; seen: string[] };
  outcome?: Outcome;
  dueInMs?: number;
}

export function makeApprove({ approvals, clock }: Options) {
  return async (incident: Incident): Promise<Approved> => {
    const { verdict } = incident;
    const question = verdict && (await approvals.of(verdict.hash));
    if (!question) throw new Error(`${incident.id} waits for an answer, but nothing was asked`);
    return answerOf(incident, question, await approvals.holdOn(incident.target), clock());
  };
}

/** The pure part. What makes the action needless or unwanted counts before a yes. */
export function answerOf(incident: Incident, question: Approval, hold: Hold | null, now: Date): Approved {
  const what = `${question.planned.action} on ${question.planned.instance ?? question.planned.target}`;
  const ended = (outcome: Outcome, conclusion: string): Approved => ({
    result: 'ended',
    say: conclusion,
    // What a person knows of the alerts is not ours to say: those that joined meanwhile are theirs, too.
    found: { conclusion, seen: incident.alerts.map(episodeOf) },
    outcome,
  });
  if (incident.alerts.every((alert) => alert.status === 'resolved'))
    return ended('no_action', `${what} is not needed any more: every alert of the incident is resolved`);
  if (hold) return ended('escalated', `${hold.by} has it, and ${what} was not done`);
  if (question.decision === 'rejected')
    return ended('escalated', `${what} was rejected by ${question.decidedBy}`);
  if (question.decision === 'approved')
    return { result: 'approved', say: `${what} was approved by ${question.decidedBy}` };
  const leftMs = Date.parse(question.expiresAt) - now.getTime();
  if (leftMs <= 0)
    return ended('escalated', `Nobody decided about ${what} by ${question.expiresAt}: a person is needed`);
  return {
    result: 'pending',
    say: `waiting for a person's word on ${what} until ${question.expiresAt}`,
    dueInMs: leftMs,
  };
}

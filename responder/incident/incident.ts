/**
 * What travels through the loop. Everything here is plain JSON (times are ISO 8601 strings), because the whole
 * record is stored after every stage and read back by whichever replica takes the next one.
 */
import type { Asked, Authority, FallThrough } from './asked.ts';
import type { Aftermath, Evidence, InstanceState } from './evidence.ts';
import type { Stage, State } from './lifecycle.ts';
import type { Verdict } from './verdict.ts';
import type { Action, Category, Outcome } from './vocabulary.ts';

export type { Asked, Authority, FallThrough } from './asked.ts';
export * from './evidence.ts';
export * from './vocabulary.ts';

/** One alert as its sender told it. `fingerprint` and `startsAt` together are the episode. */
export interface Alert {
  fingerprint: string;
  name: string;
  status: 'firing' | 'resolved';
  severity: string;
  startsAt: string;
  endsAt: string | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  generatorUrl: string | null;
  source: 'alertmanager' | 'grafana' | 'direct';
}

/** One process (later: container, pod) of a target. */
export interface Instance {
  id: string;
  /** Base URL of the service, e.g. `http://127.0.0.1:8000`; null where it serves none. */
  url: string | null;
  /** URL that answers 200 when the instance is healthy. */
  health: string | null;
}

/** A service that its owner has put under care, as the inventory (labels) tells it. */
export interface Target {
  name: string;
  enabled: boolean;
  actions: Action[];
  autonomy: Autonomy;
  /** Why nothing can be done to it just now, whatever its labels say. */
  limit?: string | null;
  maxReplicas: number;
  instances: Instance[];
}
export type Autonomy = 'observe' | 'suggest' | 'approve' | 'auto';

export interface Diagnosis {
  root_cause: string;
  category: Category;
  action: Action;
  target: string;
  /** The single instance that the evidence points at; null when the service as a whole is meant. */
  instance: string | null;
  /** For a ROLLBACK: the release to go back to. */
  version: string | null;
  justification: string;
  /** 0 to 1. */
  confidence: number;
  /** Ids of evidence that carry the claim. */
  citations: string[];
  provider: string;
  fallthrough: FallThrough[];
  /** Of a model's answer: whose word it is, what was asked, and what the rules say to the same evidence. */
  authority?: Authority | undefined;
  asked?: Asked | undefined;
  rules?: RulesWord | undefined;
}
/** The rules' answer, kept beside a model's. */
export type RulesWord = Pick<
  Diagnosis,
  'category' | 'action' | 'instance' | 'version' | 'confidence' | 'root_cause'
>;

export interface BeforePicture {
  instances: InstanceState[];
  /** Instance that a SCALE_UP makes another one of. */
  like: string | null;
  /** Release that a ROLLBACK leaves, and the one that it goes to. */
  from: string | null;
  to: string | null;
  lastOutput: string;
}

/** Taking an action back: what it was is put back. Idempotent, under one id, so it needs no intent of its own. */
export interface Undo {
  state: 'due' | 'done' | 'failed';
  /** When it falls due by itself; null where only a failed verification asks for it. */
  dueAt: string | null;
  detail: string;
  doneAt: string | null;
}

/** One action on a runtime, written before it is done (the intent) and settled after. */
export interface ActionRecord {
  id: string;
  incidentId: string;
  attempt: number;
  action: Action;
  target: string;
  /** What it is done to, for people: one instance, the new one of a SCALE_UP, all of a ROLLBACK joined by commas. */
  instance: string;
  runtime: string;
  verdictHash: string;
  /** What it was before: compared after a crash to tell whether the call was made, and what an undo goes back to. */
  before: BeforePicture;
  /** `withdrawn`: after a crash the call was found not made, and no longer wanted. */
  state: 'intended' | 'done' | 'failed' | 'unknown' | 'withdrawn';
  detail: string;
  intendedAt: string;
  settledAt: string | null;
  /** Null where nothing was or will be taken back. */
  undo: Undo | null;
}

/** Whether the incident's alerts still hold, by their own expressions. */
export interface Breach {
  state: 'holds' | 'gone' | 'unreadable';
  reading: string;
  /** Alerts that hold and may do so for long after a recovery, and for how long; whether each names an SLI that can prove it. */
  lookingBack: { reading: string; windowSeconds: number; provable: boolean } | null;
}

/** One look after the action. `recovered` needs proof; `pending` means look again later. */
export interface Recovery {
  result: 'recovered' | 'not_recovered' | 'unknown' | 'pending';
  checks: { name: string; result: 'pass' | 'fail' | 'unknown'; reading: string }[];
  looks: number;
  since: string;
  at: string;
}

/** What was said of an incident, when: the audit trail. */
export interface AuditEvent {
  at: string;
  stage: Stage | 'receive' | 'correlate';
  state: State;
  kind: string;
  text: string;
  /** How long the stage took; null for events that are no stage. */
  ms: number | null;
}

/** The part of the record that the stages fill, one after the other. */
export interface Findings {
  /** Episodes (`episodeOf`) that the last look at the system took into account: whoever joins later was not looked at. */
  seen: string[];
  /** How often in a row the evidence was too old by the time it was to be acted upon. */
  staleRounds: number;
  /** Key under which the runbook learned from it. */
  signature: string | null;
  /** Of an incident that follows one: the action that did not last. */
  blamed: Action | null;
  /** How often nothing was recognised and it was looked at again. */
  unsettledRounds: number;
  /** The action that is to be taken back next, because it did not help. */
  undoing: string | null;
  /** When what looks back over hours should have stopped firing: an alert that still does then was not cured. */
  watchUntil: string | null;
  evidence: Evidence[];
  evidenceAt: string | null;
  diagnosis: Diagnosis | null;
  verdict: Verdict | null;
  recovery: Recovery | null;
  /** Null before its end, and where it ended without being learned from. */
  aftermath: Aftermath | null;
  /** Why it ended as it did, in one sentence. */
  conclusion: string | null;
  lesson: string | null;
  postmortem: string | null;
}

export interface Incident extends Findings {
  id: string;
  target: string;
  state: State;
  stage: Stage;
  outcome: Outcome | null;
  /** How many actions have been tried. */
  attempts: number;
  /** How often in a row its stage broke: machinery, not a business answer. */
  retries: number;
  /** When the first alert began, by Prometheus' clock. */
  startsAt: string;
  openedAt: string;
  closedAt: string | null;
  /** W3C traceparent of the incident's trace. */
  traceparent: string | null;
  /** The incident that was closed too soon, whose alerts this one is about. */
  follows: string | null;
  /** The incident that says so, where this one was closed too soon. */
  followedBy: string | null;
  alerts: Alert[];
  actions: ActionRecord[];
}

/** The episode of an alert, which belongs to one incident for ever. */
export function episodeOf({ fingerprint, startsAt }: Pick<Alert, 'fingerprint' | 'startsAt'>): string {
  return `${fingerprint} ${Date.parse(startsAt)}`;
}

export const NOTHING_FOUND: Findings = {
  seen: [],
  staleRounds: 0,
  unsettledRounds: 0,
  signature: null,
  blamed: null,
  undoing: null,
  watchUntil: null,
  evidence: [],
  evidenceAt: null,
  diagnosis: null,
  verdict: null,
  recovery: null,
  aftermath: null,
  conclusion: null,
  lesson: null,
  postmortem: null,
};

/** What can be put back as it was; a restart cannot. */
export const REVERSIBLE: ReadonlySet<Action> = new Set<Action>(['SCALE_UP', 'ROLLBACK']);

/** The process that a RESTART started has ended since: that is another failure than the one which it was to cure. */
export function endedSince(
  { id, action, instance }: Pick<ActionRecord, 'id' | 'action' | 'instance'>,
  evidence: Evidence[],
): boolean {
  return (
    action === 'RESTART' &&
    evidence.some(
      ({ data }) =>
        data.kind === 'container' &&
        data.container?.instance === instance &&
        data.container.state === 'exited' &&
        data.container.startId === id,
    )
  );
}

/** Actions that were made, or may have been: neither withdrawn, nor only intended. */
export function actionsMade({ actions }: Pick<Incident, 'actions'>): ActionRecord[] {
  return actions.filter((action) => action.state !== 'withdrawn' && action.state !== 'intended');
}

/** One that could not be taken back, and still stands there. */
export function stuckUndo({ actions }: Pick<Incident, 'actions'>): ActionRecord | undefined {
  return actions.find(({ undo }) => undo?.state === 'failed');
}

/** Closed as over, and its alerts fire on: another incident says so and goes on. */
export function closedTooSoon(incident: Pick<Incident, 'alerts' | 'followedBy'>): boolean {
  return incident.followedBy !== null && !alertsEnded(incident);
}

/** None fires any more, which proves nothing about why. */
export function alertsEnded({ alerts }: Pick<Incident, 'alerts'>): boolean {
  return alerts.length > 0 && alerts.every(({ status }) => status === 'resolved');
}

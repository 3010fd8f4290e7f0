/**
 * What travels through the loop. Everything here is plain JSON (times are ISO 8601 strings), because the whole
 * record is stored after every stage and read back by whichever replica takes the next one.
 */
import type { Stage, State } from './lifecycle.ts';
import type { Verdict } from './verdict.ts';

export const ACTIONS = ['RESTART', 'SCALE_UP', 'ROLLBACK', 'NOOP'] as const;
export type Action = (typeof ACTIONS)[number];

export const CATEGORIES = [
  'memory_leak',
  'cpu_saturation',
  'traffic_surge',
  'bad_release',
  'config_error',
  'crash_loop',
  'process_down',
  'db_contention',
  'dependency_failure',
  'resource_exhaustion',
  'external',
  'none',
  'unknown',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** How an incident ended. `resolved` is proved; `escalated` wants a person. */
export type Outcome = 'resolved' | 'no_action' | 'escalated' | 'failed';

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
  maxReplicas: number;
  instances: Instance[];
}
export type Autonomy = 'observe' | 'suggest' | 'approve' | 'auto';

/** State of one instance as its runtime sees it. `startId` is the intent that started it, where one did. */
export interface InstanceState {
  instance: string;
  state: 'running' | 'exited' | 'unknown';
  pid: number | null;
  startedAt: string | null;
  /** Runtime's own identity of this very start: changes when, and only when, the instance is started anew. */
  identity: string | null;
  startId: string | null;
  reason: string;
}

export interface SignalData {
  name: string;
  unit: 'ratio' | 'seconds' | '1/s' | 'count' | 'bytes';
  instance: string | null;
  /** [epoch seconds, value], oldest first. */
  series: [number, number][];
}
export interface LogLine {
  timestamp: string;
  severity: string;
  message: string;
  service: string;
}
export interface DependencyData {
  name: string;
  healthy: boolean;
  latency_ms: number | null;
}
export interface RunbookEntry {
  signature: string;
  action: Action;
  category: Category;
  target: string;
  succeeded: number;
  failed: number;
  note: string;
  lastSeen: string;
}

/** What one source found, still without its number. */
export interface Finding {
  source: string;
  /** What reproduces the reading: a PromQL expression, a URL, a query. */
  query: string;
  /** When the reading was true. */
  at: string;
  /** Silence and failure are evidence too. */
  status: 'ok' | 'no_data' | 'error';
  /** One plain sentence. */
  reading: string;
  data: EvidenceData;
}
export type EvidenceData =
  | {
      kind: 'alert';
      expression: string | null;
      holds: boolean | null;
      value: number | null;
      /** What the rule that holds is about, where it says so. */
      objective?: { sli: string; threshold: number };
    }
  | { kind: 'signal'; signal: SignalData | null }
  | { kind: 'container'; container: InstanceState | null }
  | { kind: 'health'; instance: string; healthy: boolean; status: number | null; version: string | null }
  | { kind: 'dependency'; dependency: DependencyData | null }
  | { kind: 'logs'; lines: LogLine[] }
  | { kind: 'runbook'; entry: RunbookEntry | null }
  | { kind: 'failure' };
/** A finding with its number: `E1`, `E2`, ... in the order of gathering. */
export type Evidence = Finding & { id: string };

export interface Diagnosis {
  root_cause: string;
  category: Category;
  action: Action;
  target: string;
  /** The single instance that the evidence points at; null when the service as a whole is meant. */
  instance: string | null;
  justification: string;
  /** 0 to 1. */
  confidence: number;
  /** Ids of evidence that carry the claim. */
  citations: string[];
  provider: string;
  fallthrough: { provider: string; reason: string }[];
}

/** One action on a runtime, written before it is done (the intent) and settled after. */
export interface ActionRecord {
  id: string;
  incidentId: string;
  attempt: number;
  action: Action;
  target: string;
  instance: string;
  runtime: string;
  verdictHash: string;
  /** What the instance was before: compared after a crash to tell whether the call was made. */
  before: InstanceState & { lastOutput: string };
  /** `withdrawn`: after a crash the call was found not made, and no longer wanted. */
  state: 'intended' | 'done' | 'failed' | 'unknown' | 'withdrawn';
  detail: string;
  intendedAt: string;
  settledAt: string | null;
}

/** Whether the incident's alerts still hold, by their own expressions. */
export interface Breach {
  state: 'holds' | 'gone' | 'unreadable';
  reading: string;
  /** How far back the expressions look: so long after a recovery they may still hold. */
  windowSeconds: number;
}

/** One look after the action. `recovered` needs proof; `pending` means look again later. */
export interface Recovery {
  result: 'recovered' | 'not_recovered' | 'unknown' | 'pending';
  checks: { name: string; result: 'pass' | 'fail' | 'unknown'; reading: string }[];
  looks: number;
  since: string;
  at: string;
  /** The last look at which all was good but, perhaps, the alert's own expression. */
  goodAt?: string | null;
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
  evidence: Evidence[];
  evidenceAt: string | null;
  diagnosis: Diagnosis | null;
  verdict: Verdict | null;
  recovery: Recovery | null;
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
  evidence: [],
  evidenceAt: null,
  diagnosis: null,
  verdict: null,
  recovery: null,
  conclusion: null,
  lesson: null,
  postmortem: null,
};

/** Actions that were made, or may have been: neither withdrawn, nor only intended. */
export function actionsMade({ actions }: Pick<Incident, 'actions'>): ActionRecord[] {
  return actions.filter((action) => action.state !== 'withdrawn' && action.state !== 'intended');
}

/** Gives findings their numbers. */
export function enumerate(findings: Finding[]): Evidence[] {
  return findings.map((finding, i) => ({ ...finding, id: `E${i + 1}` }));
}

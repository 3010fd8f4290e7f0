/** Small builders of what travels through the loop: one shop with one instance whose memory runs full. */

import type { News } from '../responder/announce/announce.ts';
import {
  type ActionRecord,
  type Alert,
  type BeforePicture,
  type Diagnosis,
  type Evidence,
  type EvidenceData,
  type ExitData,
  enumerate,
  type Finding,
  type Incident,
  type InstanceState,
  NOTHING_FOUND,
  type SignalData,
  type Target,
} from '../responder/incident/incident.ts';
import { decide, type PlannedAction } from '../responder/incident/verdict.ts';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
/** ISO time so many seconds before `NOW`. */
export const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

export function alertOf(over: Partial<Alert> = {}): Alert {
  const name = over.name ?? 'TargetMemorySaturated';
  return {
    fingerprint: 'f1',
    name,
    status: 'firing',
    severity: 'critical',
    startsAt: ago(30),
    endsAt: null,
    labels: { alertname: name, service: 'shop', instance: 'shop-1' },
    annotations: {},
    generatorUrl: null,
    source: 'alertmanager',
    ...over,
  };
}

export function targetOf(over: Partial<Target> = {}): Target {
  return {
    name: 'shop',
    enabled: true,
    actions: ['RESTART'],
    autonomy: 'auto',
    maxReplicas: 3,
    instances: [instanceOf('shop-1')],
    ...over,
  };
}
export const instanceOf = (id: string) => ({ id, url: null, health: `http://${id}/health` });

export function stateOf(over: Partial<InstanceState> = {}): InstanceState {
  return {
    instance: 'shop-1',
    state: 'running',
    pid: 100,
    startedAt: ago(3600),
    identity: '100:1',
    startId: 'start-0',
    version: '1.0.0',
    cpuSeconds: 12,
    reason: 'process 100 runs',
    ...over,
  };
}

export function incidentOf(over: Partial<Incident> = {}): Incident {
  return {
    ...NOTHING_FOUND,
    id: 'inc-1',
    target: 'shop',
    state: 'diagnosing',
    stage: 'gather',
    outcome: null,
    attempts: 0,
    retries: 0,
    startsAt: ago(30),
    openedAt: ago(28),
    closedAt: null,
    traceparent: null,
    follows: null,
    followedBy: null,
    alerts: [alertOf()],
    actions: [],
    ...over,
  };
}

export function diagnosisOf(over: Partial<Diagnosis> = {}): Diagnosis {
  return {
    root_cause: 'shop-1 holds memory',
    category: 'memory_leak',
    action: 'RESTART',
    target: 'shop',
    instance: 'shop-1',
    version: null,
    justification: 'it rose',
    confidence: 0.9,
    citations: ['E1'],
    provider: 'rules',
    fallthrough: [],
    ...over,
  };
}

export function plannedOf(over: Partial<PlannedAction> = {}): PlannedAction {
  return {
    ...{
      incidentId: 'inc-1',
      attempt: 1,
      action: 'RESTART',
      target: 'shop',
      instance: 'shop-1',
      version: null,
    },
    ...over,
  };
}

/** An allowed verdict for what `plannedOf` plans. */
export function verdictOf(over: Partial<PlannedAction> = {}) {
  return decide(plannedOf(over), [{ guard: 'all', allowed: true, reason: 'fine' }], NOW.toISOString());
}

export function actionOf(over: Partial<ActionRecord> = {}): ActionRecord {
  return {
    id: 'act-1',
    incidentId: 'inc-1',
    attempt: 1,
    action: 'RESTART',
    target: 'shop',
    instance: 'shop-1',
    runtime: 'process',
    verdictHash: verdictOf().hash,
    before: pictureOf(),
    state: 'done',
    detail: 'process 100 runs; now process 200 runs',
    intendedAt: ago(10),
    settledAt: ago(9),
    undo: null,
    ...over,
  };
}

/** What was there before an action: one instance, with nothing to tell. */
export function pictureOf(over: Partial<BeforePicture> = {}): BeforePicture {
  return { instances: [stateOf()], like: null, from: null, to: null, lastOutput: '', ...over };
}

export function newsOf(over: Partial<News> = {}): News {
  return {
    incident: incidentOf(),
    stage: 'gather',
    result: 'gathered',
    say: '3 pieces of evidence',
    state: 'diagnosing',
    outcome: null,
    ms: 20,
    ...over,
  };
}

/** A finding that was read well, with the data given. */
export function findingOf(data: EvidenceData, over: Partial<Finding> = {}): Finding {
  return {
    source: data.kind,
    query: `query of ${data.kind}`,
    at: NOW.toISOString(),
    status: 'ok',
    reading: `reading of ${data.kind}`,
    data,
    ...over,
  };
}

/** Findings with their numbers, from nothing but their data. */
export const evidenceOf = (...all: (EvidenceData | Finding)[]): Evidence[] =>
  enumerate(all.map((one) => ('data' in one ? one : findingOf(one))));

/** Memory over the last minute: one value every five seconds, the newest last. */
export function memory(values: number[], over: Partial<SignalData> = {}): EvidenceData {
  const end = NOW.getTime() / 1000;
  const series = values.map((value, i): [number, number] => [end - 5 * (values.length - 1 - i), value]);
  const signal = { name: 'memory_utilization', unit: 'ratio' as const, instance: 'shop-1', series, ...over };
  return { kind: 'signal', signal };
}
export const container = (over: Partial<InstanceState> = {}): EvidenceData => ({
  kind: 'container',
  container: stateOf(over),
});
export const exited = (instance = 'shop-1') =>
  container({ instance, state: 'exited', startedAt: null, reason: 'process 100 is gone' });
export const alertRead = (holds: boolean | null): EvidenceData => ({
  kind: 'alert',
  expression: holds === null ? null : 'service:memory_utilization:max > 0.85',
  holds,
  value: holds ? 0.97 : null,
});
export const health = (healthy: boolean, instance = 'shop-1'): EvidenceData => ({
  kind: 'health',
  instance,
  healthy,
  status: healthy ? 200 : null,
  version: null,
});
/** It crashed a moment ago, two seconds after its start. */
export const exitOf = (over: Partial<ExitData> = {}): ExitData => ({
  ...{ instance: 'shop-1', at: ago(10), exitCode: 1, oomKilled: false, requested: false, livedMs: 2_000 },
  ...over,
});
export const killOf = (over: Partial<ExitData> = {}): ExitData =>
  exitOf({ exitCode: 137, oomKilled: true, livedMs: 41_000, ...over });
export const exits = (...all: ExitData[]): EvidenceData => ({ kind: 'exit', exits: all, omitted: 0 });
export const logs = (...messages: string[]): EvidenceData => ({
  kind: 'logs',
  lines: messages.map((message) => ({ timestamp: ago(5), severity: 'error', message, service: 'shop' })),
});

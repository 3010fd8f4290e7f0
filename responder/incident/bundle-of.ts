/**
 * An incident -> its evidence bundle, so that it can be replayed and put before other diagnosers. The standard sections in the
 * standard form; beside them what only our own evidence knows, so that read back it gives the same case.
 */
import type { BundleText } from './bundle.ts';
import { exitsIn } from './crashes.ts';
import {
  type Action,
  type Alert,
  actionsMade,
  type Evidence,
  type EvidenceData,
  endedSince,
  type Incident,
} from './incident.ts';

type Kind = EvidenceData['kind'];
type Item<K extends Kind> = Evidence & { data: Extract<EvidenceData, { kind: K }> };
type Section<K extends keyof BundleText> = Pick<BundleText, K>;
type Exported = Pick<Incident, 'id' | 'target' | 'alerts' | 'evidence' | 'evidenceAt' | 'actions'>;

/** Also of an incident that nobody has looked at yet: then there are its alerts only. */
export function bundleOf(incident: Exported): BundleText & { incident: string } {
  const { evidence, evidenceAt, alerts } = incident;
  const tried = triedIn(incident);
  return {
    version: 1,
    incident: incident.id,
    ...alertSection(incident),
    ...(alerts.length > 1 && { alerts: alerts.slice(1).map(alertOf) }),
    ...(evidenceAt !== null && { gatheredAt: evidenceAt }),
    ...(tried.length > 0 && { tried }),
    ...targetSection(incident),
    ...signalSection(evidence),
    ...containerSection(evidence),
    ...exitSection(evidence),
    ...healthSection(evidence),
    ...dependencySection(evidence),
    ...databaseSection(evidence),
    ...changeSection(evidence),
    ...logSection(evidence),
    ...runbookSection(evidence),
    ...failureSection(evidence),
  };
}

/**
 * Actions of this incident that had not helped when its evidence was gathered: had one of them, it would not have been
 * gathered again. What was done upon the evidence itself is none of them.
 */
export function triedIn(
  incident: Pick<Incident, 'actions' | 'evidence' | 'evidenceAt'>,
): { action: Action; instance: string }[] {
  const { evidence, evidenceAt } = incident;
  return actionsMade(incident)
    .filter(({ intendedAt }) => evidenceAt !== null && intendedAt < evidenceAt)
    .filter((action) => !endedSince(action, evidence))
    .map(({ action, instance }) => ({ action, instance }));
}

const isOfKind = <K extends Kind>(e: Evidence, kind: K): e is Item<K> => e.data.kind === kind;

function ofKind<K extends Kind>(evidence: Evidence[], kind: K): Item<K>[] {
  return evidence.filter((e): e is Item<K> => isOfKind(e, kind) && e.status === 'ok');
}

/** That it was looked at and nothing was found; not that it could not be read. */
const isEmpty = (evidence: Evidence[], kind: Kind) =>
  evidence.some((e) => e.status === 'no_data' && e.data.kind === kind);

const readOf = ({ source, query, at, reading }: Evidence) => ({ source, query, at, reading });

/** A moment that can be read back. */
const momentOf = (at: string) => (Number.isNaN(Date.parse(at)) ? null : at);

function alertOf({ name, severity, startsAt, labels, annotations }: Alert) {
  const summary = annotations.summary ?? annotations.description ?? null;
  return { name, severity, summary, startsAt, labels };
}

/** Once it was gathered the alerts are what was read of them, and not what their senders say. */
function alertSection({ alerts, target, evidence, evidenceAt }: Exported): Section<'alert'> {
  const [first] = alerts;
  const told = first ? alertOf(first) : { name: 'no alert' };
  if (evidenceAt === null && evidence.length === 0) return { alert: { ...told, target } };
  const readings = evidence
    .filter((e) => isOfKind(e, 'alert'))
    .filter(({ status }) => status !== 'error')
    .map((e) => {
      const { kind: _, ...data } = e.data;
      return { ...data, status: e.status === 'ok' ? ('ok' as const) : ('no_data' as const), read: readOf(e) };
    });
  return { alert: { ...told, target, readings } };
}

function targetSection({ target, evidence }: Exported): Section<'target'> {
  const instances = ofKind(evidence, 'container').flatMap(({ data }) => data.container ?? []);
  const versions = new Set(instances.map(({ version }) => version));
  const [version = null] = versions.size === 1 ? versions : [];
  const replicas = instances.length > 0 ? instances.length : null;
  return { target: { name: target, kind: 'container', version, replicas } };
}

function signalSection(evidence: Evidence[]): Section<'signals'> {
  const signals = ofKind(evidence, 'signal').flatMap((e) => {
    if (!e.data.signal) return [];
    // JSON has no word for what is no number.
    const series = e.data.signal.series.filter((point) => point.every(Number.isFinite));
    return [{ ...e.data.signal, series, read: readOf(e) }];
  });
  return signals.length > 0 || isEmpty(evidence, 'signal') ? { signals } : {};
}

/** The standard form has one container: the first of those that do not run, else the first. */
function containerSection(evidence: Evidence[]): Section<'container' | 'instances'> {
  const instances = ofKind(evidence, 'container').flatMap((e) => {
    if (!e.data.container) return [];
    const { cores } = e.data;
    const used = cores !== undefined && cores !== null && { cores };
    return [{ ...e.data.container, ...used, read: readOf(e) }];
  });
  const worst = instances.find(({ state }) => state !== 'running') ?? instances[0];
  if (!worst) return isEmpty(evidence, 'container') ? { container: {} } : {};
  const ends = exitsIn(evidence)?.data.exits.filter(({ instance }) => instance === worst.instance);
  const container = {
    state: worst.state,
    exitCode: ends?.[0]?.exitCode ?? null,
    oomKilled: ends?.[0]?.oomKilled ?? null,
    restarts: ends?.filter(({ requested }) => !requested).length ?? null,
    startedAt: worst.startedAt,
  };
  return { container, instances };
}

function exitSection(evidence: Evidence[]): Section<'exits'> {
  const found = evidence.find((e) => isOfKind(e, 'exit'));
  if (!found || found.status === 'error') return {};
  return { exits: { list: found.data.exits, omitted: found.data.omitted, read: readOf(found) } };
}

function healthSection(evidence: Evidence[]): Section<'health'> {
  const health = ofKind(evidence, 'health').map((e) => {
    const { kind: _, ...data } = e.data;
    return { ...data, read: readOf(e) };
  });
  return health.length > 0 ? { health } : {};
}

function dependencySection(evidence: Evidence[]): Section<'dependencies'> {
  const dependencies = ofKind(evidence, 'dependency').flatMap((e) =>
    e.data.dependency ? [{ ...e.data.dependency, read: readOf(e) }] : [],
  );
  return dependencies.length > 0 || isEmpty(evidence, 'dependency') ? { dependencies } : {};
}

function databaseSection(evidence: Evidence[]): Section<'database'> {
  const found = ofKind(evidence, 'database').find((e) => e.data.database);
  if (!found?.data.database) return isEmpty(evidence, 'database') ? { database: {} } : {};
  return { database: { ...found.data.database, read: readOf(found) } };
}

function changeSection(evidence: Evidence[]): Section<'changes'> {
  const changes = ofKind(evidence, 'change').flatMap((e) => {
    if (!e.data.change) return [];
    const { at, ...change } = e.data.change;
    return [{ ...change, timestamp: at, read: readOf(e) }];
  });
  return changes.length > 0 || isEmpty(evidence, 'change') ? { changes } : {};
}

function logSection(evidence: Evidence[]): Section<'logs' | 'patterns'> {
  const looked = ofKind(evidence, 'logs');
  const logs = looked.flatMap(({ query, data }) =>
    data.lines.map((line) => ({ ...line, timestamp: momentOf(line.timestamp), query })),
  );
  const patterns = ofKind(evidence, 'patterns').map((e) => {
    const { kind: _, ...data } = e.data;
    return { ...data, read: readOf(e) };
  });
  return {
    ...((looked.length > 0 || isEmpty(evidence, 'logs')) && { logs }),
    ...(patterns.length > 0 && { patterns }),
  };
}

function runbookSection(evidence: Evidence[]): Section<'runbook'> {
  const runbook = ofKind(evidence, 'runbook').flatMap((e) =>
    e.data.entry ? [{ ...e.data.entry, read: readOf(e) }] : [],
  );
  return runbook.length > 0 || isEmpty(evidence, 'runbook') ? { runbook } : {};
}

/** What failed, and what had nothing to say and is no section that could be empty. */
function failureSection(evidence: Evidence[]): Section<'failures'> {
  const failures = evidence.flatMap((e) =>
    e.status !== 'ok' && (e.status === 'error' || e.data.kind === 'failure')
      ? [{ status: e.status, read: readOf(e) }]
      : [],
  );
  return failures.length > 0 ? { failures } : {};
}

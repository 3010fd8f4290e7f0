/** An evidence bundle -> the case that every diagnoser takes. What was looked at and found empty is said, what was not is left out. */
import type { Bundle, ReadBy } from '../incident/bundle.ts';
import { type EvidenceData, enumerate, type Finding, type LogLine } from '../incident/incident.ts';
import { withPatterns } from '../incident/text/with-patterns.ts';
import {
  alertWords,
  changeWords,
  containerWords,
  databaseWords,
  dependencyWords,
  logWords,
  runbookWords,
  signalWords,
} from './bundle-words.ts';
import type { Case, CaseAlert, Subject } from './rules/hypothesis.ts';

/** Labels that name a service, by the order in which they are believed. */
const NAMING = ['service', 'service_name', 'container_name', 'job'];
const NOBODY = 'the target';

/** What an item becomes when nothing in the bundle says how it was read. */
type Make = (field: string, data: EvidenceData, reading: string, read?: ReadBy) => Finding;
interface Reading {
  bundle: Bundle;
  target: string;
  item: Make;
  none: (field: string, data: EvidenceData, reading: string) => Finding;
}

/** Pure: the same bundle gives the same case. A bundle that tells no time at all is of 1970. */
export function caseOf(bundle: Bundle): Case {
  const target = targetOf(bundle);
  const subject = subjectOf(bundle);
  const item: Make = (field, data, reading, read) => {
    const base = { source: data.kind, query: field, at: subject.now, reading };
    return { ...base, ...read, status: 'ok', data };
  };
  const reading: Reading = {
    bundle,
    target,
    item,
    none: (field, data, words) => ({ ...item(field, data, words), status: 'no_data' }),
  };
  const evidence = enumerate(SECTIONS.flatMap((section) => section(reading)));
  // What we exported ourselves has the patterns that were seen then, or had none.
  const isOurs = Boolean(bundle.gatheredAt);
  return {
    target,
    subject,
    tried: bundle.tried ?? [],
    evidence: isOurs ? evidence : withPatterns(evidence, bundle.alert.startsAt),
  };
}

/** In the order in which a person would read them. */
const SECTIONS: ((reading: Reading) => Finding[])[] = [
  alertItems,
  signalItems,
  containerItems,
  exitItems,
  healthItems,
  dependencyItems,
  databaseItems,
  changeItems,
  logItems,
  patternItems,
  runbookItems,
  failureItems,
];

function targetOf({ target, alert }: Bundle): string {
  const label = NAMING.map((name) => alert.labels[name]).find(Boolean);
  return target?.name || alert.target || label || NOBODY;
}

function subjectOf(bundle: Bundle): Subject {
  const { target, alert, alerts = [] } = bundle;
  return {
    kind: target?.kind ?? 'container',
    version: target?.version ?? null,
    replicas: target?.replicas ?? null,
    alerts: [alert, ...alerts].map(caseAlertOf),
    now: bundle.gatheredAt ?? newestIn(bundle),
  };
}

function caseAlertOf({
  name,
  severity,
  summary,
  startsAt,
  labels,
}: Omit<Bundle['alert'], 'target' | 'readings'>): CaseAlert {
  return { name, severity: severity ?? '', summary: summary ?? '', startsAt, labels };
}

function newestIn({ alert, signals = [], logs = [], changes = [] }: Bundle): string {
  const points = signals.flatMap(({ series }) => series.slice(-1).map(([at]) => at * 1000));
  const told = [alert.startsAt, ...[...logs, ...changes].map(({ timestamp }) => timestamp)];
  const times = told.flatMap((at) => (at === null ? [] : [Date.parse(at)]));
  return new Date([...points, ...times].reduce((newest, at) => Math.max(newest, at), 0)).toISOString();
}

function alertItems({ bundle: { alert, alerts = [] }, item }: Reading): Finding[] {
  if (alert.readings)
    return alert.readings.map(({ read, status, objective, windowSeconds, ...reading }) => {
      const more = { ...(objective && { objective }), ...(windowSeconds !== undefined && { windowSeconds }) };
      const data = { kind: 'alert', ...reading, ...more } as const;
      return { ...item('alert.readings', data, read.reading, read), status };
    });
  const data = { kind: 'alert', expression: null, holds: null, value: null } as const;
  return [
    item('alert', data, alertWords(caseAlertOf(alert))),
    ...alerts.map((one, i) => item(`alerts[${i}]`, data, alertWords(caseAlertOf(one)))),
  ];
}

function signalItems({ bundle: { signals }, item, none }: Reading): Finding[] {
  if (signals?.length === 0)
    return [none('signals', { kind: 'signal', signal: null }, 'no signal was measured')];
  return (signals ?? []).map(({ read, ...signal }, i) => {
    const make = signal.series.length > 0 ? item : none;
    return make(`signals[${i}]`, { kind: 'signal', signal }, signalWords(signal), read);
  });
}

function containerItems({ bundle, target, item, none }: Reading): Finding[] {
  if (bundle.instances)
    return bundle.instances.map(({ read, cores, ...container }, i) => {
      const data = { kind: 'container', container, ...(cores !== undefined && { cores }) } as const;
      return item(`instances[${i}]`, data, `${container.instance} is ${container.state}`, read);
    });
  if (!bundle.container) return [];
  const { startedAt, ...told } = bundle.container;
  if (Object.values(bundle.container).every((value) => value === null))
    return [none('container', { kind: 'container', container: null }, 'nothing is told of the container')];
  const facts = { ...told, state: told.state ?? '' };
  const container = {
    instance: target,
    state: stateOf(facts.state),
    startedAt,
    version: bundle.target?.version ?? null,
    ...{ pid: null, identity: null, startId: null, cpuSeconds: null },
    reason: containerWords(facts, startedAt),
  };
  return [item('container', { kind: 'container', container, facts }, `${target} is ${container.reason}`)];
}

/** What waits to be started (again) is neither. */
function stateOf(word: string): 'running' | 'exited' | 'unknown' {
  if (/^\s*(running|up|ready|healthy|available|active)\b/i.test(word)) return 'running';
  return /^\s*(exited|dead|terminated|stopped|completed|succeeded|failed|oom ?killed|gone)\b/i.test(word)
    ? 'exited'
    : 'unknown';
}

function exitItems({ bundle: { exits }, item, none }: Reading): Finding[] {
  if (!exits) return [];
  const { list, omitted, read } = exits;
  const data = { kind: 'exit', exits: list, omitted } as const;
  if (list.length === 0) return [{ ...none('exits', data, 'no instance ended'), ...read }];
  return [item('exits', data, `${list.length} ends of instances`, read)];
}

function healthItems({ bundle: { health = [] }, item }: Reading): Finding[] {
  return health.map(({ read, ...one }, i) => {
    const words = `${one.instance} is ${one.healthy ? 'healthy' : 'NOT healthy'}`;
    return item(`health[${i}]`, { kind: 'health', ...one }, words, read);
  });
}

function dependencyItems({ bundle: { dependencies }, item, none }: Reading): Finding[] {
  if (dependencies?.length === 0)
    return [none('dependencies', { kind: 'dependency', dependency: null }, 'no dependency is known')];
  return (dependencies ?? []).map(({ read, ...dependency }, i) =>
    item(`dependencies[${i}]`, { kind: 'dependency', dependency }, dependencyWords(dependency), read),
  );
}

function databaseItems({ bundle: { database: told }, item, none }: Reading): Finding[] {
  if (!told) return [];
  const { waiting, blockers, sessions = {}, read } = told;
  if (waiting === null && blockers === null)
    return [none('database', { kind: 'database', database: null }, 'nothing is told of the database')];
  const held = (blockers ?? []).map((blocker) => ({
    pid: blocker.pid ?? 0,
    service: blocker.service,
    instance: blocker.instance,
    application: blocker.application ?? '',
    user: blocker.user ?? '',
    state: blocker.state ?? 'unknown',
    age_s: blocker.age_s ?? 0,
    query: blocker.query ?? '',
    // Nobody says who waits for whom: each may hold all of them.
    waiting: blocker.waiting ?? waiting ?? 0,
  }));
  const database = { waiting: waiting ?? 0, sessions, blockers: held };
  return [item('database', { kind: 'database', database }, databaseWords(database), read)];
}

function changeItems({ bundle: { changes }, target, item, none }: Reading): Finding[] {
  if (changes?.length === 0)
    return [none('changes', { kind: 'change', change: null }, 'no change on record')];
  return (changes ?? []).map(({ read, timestamp, ...told }, i) => {
    const { instance, from, by } = told;
    const to = told.to ?? '';
    const kind = told.kind ?? (to ? 'deploy' : 'config');
    const base = { at: timestamp, kind, target: told.target ?? target, instance, from, to, by };
    const change = { ...base, summary: told.summary ?? '' };
    return item(`changes[${i}]`, { kind: 'change', change }, changeWords(change), read);
  });
}

/** The lines of one place together: those of a bundle from elsewhere are all of one. */
function logItems({ bundle: { logs }, item, none }: Reading): Finding[] {
  if (logs?.length === 0) return [none('logs', { kind: 'logs', lines: [] }, 'no log line')];
  return [...Map.groupBy(logs ?? [], ({ query }) => query ?? 'logs')].map(([query, told]) => {
    const lines = told.map(
      (line): LogLine => ({
        timestamp: line.timestamp ?? '',
        severity: line.severity?.toLowerCase() || 'unspecified',
        message: line.message,
        service: line.service ?? '',
      }),
    );
    return item(query, { kind: 'logs', lines }, logWords(lines));
  });
}

function patternItems({ bundle: { patterns = [] }, item }: Reading): Finding[] {
  return patterns.map(({ read, ...data }, i) =>
    item(
      `patterns[${i}]`,
      { kind: 'patterns', ...data },
      `${data.patterns.length} patterns of log lines`,
      read,
    ),
  );
}

function runbookItems({ bundle: { runbook }, target, item, none }: Reading): Finding[] {
  if (runbook?.length === 0)
    return [none('runbook', { kind: 'runbook', entry: null }, 'nothing like it is on record')];
  return (runbook ?? []).map(({ read, ...told }, i) => {
    const query = `runbook[${i}]`;
    const made = item(query, { kind: 'runbook', entry: null }, '', read);
    const entry = {
      signature: told.signature ?? '',
      action: told.action,
      category: told.category ?? ('unknown' as const),
      target: told.target ?? target,
      succeeded: told.succeeded ?? 0,
      failed: told.failed ?? 0,
      note: told.note ?? '',
      lastSeen: told.lastSeen ?? made.at,
      ...(told.recent && { recent: told.recent }),
      ...(told.match !== undefined && { match: told.match }),
    };
    const words = read?.reading ?? runbookWords(entry);
    return { ...made, reading: words, data: { kind: 'runbook', entry } };
  });
}

function failureItems({ bundle: { failures = [] } }: Reading): Finding[] {
  return failures.map(({ status, read }) => ({ ...read, status, data: { kind: 'failure' } }));
}

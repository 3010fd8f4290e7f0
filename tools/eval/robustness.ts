/**
 * Does an answer rest on its evidence? Without what it cites it must change or become less sure; with what has nothing to do with
 * the case it must stay.
 */
import type { Case } from '../../responder/diagnose/rules/hypothesis.ts';
import type { Evidence, EvidenceData, LogLine, SignalData } from '../../responder/incident/evidence.ts';

/** What was looked at and found nothing takes the place of what was cited. */
export function withoutCited(incident: Case, citations: string[]): Case {
  return { ...incident, evidence: incident.evidence.filter(({ id }) => !citations.includes(id)) };
}

/** What stands in the evidence of every cluster and says nothing of the case. */
export const BYSTANDERS = { noise: withNoise, stranger: withStranger, counters: withCounters };

const NOISE = [
  ['info', 'GET /favicon.ico 404 in 1 ms'],
  ['info', 'scheduled job "newsletter" finished in 812 ms'],
  ['debug', 'cache refreshed, 4812 entries'],
  ['warn', 'deprecated: option --legacy-sort will go with the next major version'],
  ['info', 'user session renewed'],
] as const;

/** Lines, a steady signal and an old change elsewhere. */
function withNoise(incident: Case): Case {
  const { ago } = clockOf(incident);
  const lines = NOISE.flatMap(([severity, message], i) =>
    [0, 1, 2].map(
      (n): LogLine => ({ timestamp: ago(40 * n + 7 * i + 3), severity, message, service: incident.target }),
    ),
  );
  return added(incident, lines, [
    signal(incident, 'open_browser_tabs', 'count', (i) => 41 + (i % 2)),
    release('intranet-wiki', ago(90_000)),
  ]);
}

/** Nothing in any scenario has this name. */
const STRANGER = 'zephyr';
const BEGAN = 180;

/**
 * A service that the target does not need is released, and then fails, fills up and says so, all at the time of the incident. It
 * listens to the target, serves it well, and uses what the target uses.
 */
function withStranger(incident: Case): Case {
  const { ago } = clockOf(incident);
  const lines = Array.from({ length: 6 }, (_, i): LogLine => {
    const message = "TypeError: Cannot read properties of undefined (reading 'lines')";
    return { timestamp: ago(BEGAN - 20 * i), severity: 'error', service: STRANGER, message };
  });
  const [needed = 'postgres'] = incident.evidence.flatMap(({ data }) =>
    data.kind === 'dependency' && data.dependency ? [data.dependency.name] : [],
  );
  const quiet: [service: string, message: string][] = [
    [STRANGER, `event received from ${incident.target}`],
    [STRANGER, `connected to ${needed}`],
    [incident.target, `POST http://${STRANGER}/events 202 in 3 ms`],
  ];
  for (const [i, [service, message]] of quiet.entries())
    lines.push({ timestamp: ago(BEGAN + 60 - 30 * i), severity: 'info', service, message });
  return added(incident, lines, [
    signal(incident, `${STRANGER}_error_ratio`, 'ratio', (i) => (i < LAST - 3 ? 0.002 : 0.45)),
    signal(incident, `${STRANGER}_latency_p95`, 'seconds', (i) => (i < LAST - 3 ? 0.2 : 3)),
    signal(incident, `${STRANGER}_memory_utilization`, 'ratio', (i) => 0.4 + (0.55 * i) / LAST),
    release(STRANGER, ago(BEGAN + 300)),
  ]);
}

/** What always rises, what tells a time, and how much is left where there is plenty. */
function withCounters(incident: Case): Case {
  const second = (i: number) => i * STEP;
  return added(
    incident,
    [],
    [
      signal(incident, 'node_network_receive_bytes_total', 'bytes', (i) => 1e6 + 2e5 * second(i)),
      signal(incident, 'go_gc_cycles_total', 'count', (i) => 400 + second(i)),
      signal(incident, 'last_backup_age_seconds', 'seconds', (i) => 600 + second(i)),
      signal(incident, 'ssl_certificate_expiry_seconds', 'seconds', (i) => 5e6 - second(i)),
      signal(incident, 'process_start_time_seconds', 'seconds', () => 1.79e9),
      signal(incident, 'node_memory_MemAvailable_bytes', 'bytes', (i) => 8e9 + 1e8 * (i % 2)),
      signal(incident, 'node_filesystem_avail_bytes{mountpoint="/"}', 'bytes', (i) => 4e10 + 1e8 * (i % 3)),
    ],
  );
}

/** Between two points, in seconds, and the number of the last. */
const STEP = 60;
const LAST = 11;

function clockOf({ subject }: Case) {
  const now = Date.parse(subject?.now ?? '') || 0;
  return { now: now / 1_000, ago: (seconds: number) => new Date(now - seconds * 1_000).toISOString() };
}

function signal(
  incident: Case,
  name: string,
  unit: SignalData['unit'],
  value: (i: number) => number,
): EvidenceData {
  const { now } = clockOf(incident);
  const series = Array.from({ length: LAST + 1 }, (_, i): [number, number] => [
    now - STEP * (LAST - i),
    value(i),
  ]);
  return { kind: 'signal', signal: { name, unit, instance: null, series } };
}

function release(target: string, at: string): EvidenceData {
  const change = { at, kind: 'deploy' as const, target, from: '3.1', to: '3.2', summary: `${target} 3.2` };
  return { kind: 'change', change: { ...change, instance: null, by: null } };
}

/** The lines stand among those that are there. */
function added(incident: Case, lines: LogLine[], more: EvidenceData[]): Case {
  const { ago } = clockOf(incident);
  const base = { source: 'noise', query: 'noise', at: ago(0), status: 'ok' as const, reading: 'noise' };
  const logs = incident.evidence.findLast(({ data, status }) => data.kind === 'logs' && status === 'ok');
  const evidence = incident.evidence.map((one) =>
    one === logs && one.data.kind === 'logs'
      ? { ...one, data: { ...one.data, lines: [...one.data.lines, ...lines] } }
      : one,
  );
  const beside = logs || lines.length === 0 ? more : [...more, { kind: 'logs' as const, lines }];
  return {
    ...incident,
    evidence: [...evidence, ...beside.map((data, i): Evidence => ({ ...base, id: `N${i + 1}`, data }))],
  };
}

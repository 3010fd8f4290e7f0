/** Does an answer rest on its evidence? Without what it cites it must change or become less sure; with noise it must stay. */
import type { Case } from '../../responder/diagnose/rules/hypothesis.ts';
import type { Evidence, LogLine } from '../../responder/incident/evidence.ts';

/** What was looked at and found nothing takes the place of what was cited. */
export function withoutCited(incident: Case, citations: string[]): Case {
  return { ...incident, evidence: incident.evidence.filter(({ id }) => !citations.includes(id)) };
}

const NOISE = [
  ['info', 'GET /favicon.ico 404 in 1 ms'],
  ['info', 'scheduled job "newsletter" finished in 812 ms'],
  ['debug', 'cache refreshed, 4812 entries'],
  ['warn', 'deprecated: option --legacy-sort will go with the next major version'],
  ['info', 'user session renewed'],
] as const;

/** Lines, a steady signal and an old change elsewhere, none of which has to do with anything. */
export function withNoise(incident: Case): Case {
  const now = Date.parse(incident.subject?.now ?? '') || 0;
  const at = (seconds: number) => new Date(now - seconds * 1_000).toISOString();
  const lines = NOISE.flatMap(([severity, message], i) =>
    [0, 1, 2].map(
      (n): LogLine => ({ timestamp: at(40 * n + 7 * i + 3), severity, message, service: incident.target }),
    ),
  );
  const base = { source: 'noise', query: 'noise', at: at(0), status: 'ok' as const, reading: 'noise' };
  const steady = Array.from({ length: 12 }, (_, i): [number, number] => [
    now / 1000 - 60 * (11 - i),
    41 + (i % 2),
  ]);
  const noise: Evidence[] = [
    {
      ...base,
      id: 'N1',
      data: {
        kind: 'signal',
        signal: { name: 'open_browser_tabs', unit: 'count', instance: null, series: steady },
      },
    },
    {
      ...base,
      id: 'N2',
      data: {
        kind: 'change',
        change: {
          at: at(90_000),
          kind: 'deploy',
          target: 'intranet-wiki',
          instance: null,
          from: '3.1',
          to: '3.2',
          by: null,
          summary: 'wiki 3.2',
        },
      },
    },
  ];
  const logs = incident.evidence.findLast(({ data, status }) => data.kind === 'logs' && status === 'ok');
  const evidence = incident.evidence.map((one) =>
    one === logs && one.data.kind === 'logs'
      ? { ...one, data: { ...one.data, lines: [...one.data.lines, ...lines] } }
      : one,
  );
  return { ...incident, evidence: [...evidence, ...noise] };
}

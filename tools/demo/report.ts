/** The end of the demo: what happened and why, for a person and for a program. Pure. */
import { planOf } from './faults.ts';
import { secondsBetween, type Told } from './run.ts';

export interface Report {
  fault: string;
  outcome: string | null;
  category: string | null;
  action: string | null;
  target: string;
  /** Seconds from the breach to the moment at which the alert was stored, the action done, the recovery proved. */
  detected_s: number | null;
  acted_s: number | null;
  recovered_s: number | null;
  /** Seconds from the breach to when what was done was taken back; null where nothing had to be. */
  taken_back_s: number | null;
  incident_id: string;
  /** Whether it ended as the fault's own table says. */
  as_expected: boolean;
  expected: { category: string; action: string; outcome: string };
}

export function reportOf({ fault, breach, incident, takenBackAt }: Told): Report {
  const since = (iso: string | null | undefined) =>
    iso ? Number(secondsBetween(breach.at, new Date(iso)).toFixed(2)) : null;
  const when = (kind: string) => incident.timeline.find((event) => event.kind === kind)?.at;
  const { expected } = planOf(fault);
  const outcome = incident.outcome;
  const category = incident.diagnosis?.category ?? null;
  const action = incident.diagnosis?.action ?? null;
  return {
    fault,
    outcome,
    category,
    action,
    target: incident.target,
    detected_s: since(when('opened')),
    acted_s: since(incident.actions.at(-1)?.settledAt),
    recovered_s: since(when('recovered')),
    taken_back_s: since(takenBackAt),
    incident_id: incident.id,
    as_expected: outcome === expected.outcome && category === expected.category && action === expected.action,
    expected,
  };
}

/** Lines for a terminal. @param apiToken null: nobody will be there to use it. */
export function textOf(
  told: Told,
  report: Report,
  addresses: Record<string, string>,
  apiToken: string | null,
): string[] {
  const { incident } = told;
  const { diagnosis, verdict, recovery } = incident;
  const alert = incident.alerts[0];
  return [
    ...section('What broke', [
      `${alert?.name} on ${incident.target}: ${alert?.annotations.summary ?? 'no summary'}`,
    ]),
    ...section(
      'Evidence',
      incident.evidence.map((e) => `${e.id.padEnd(4)} ${e.reading}`),
    ),
    ...section(
      'Diagnosis',
      diagnosis
        ? [
            `${diagnosis.category}: ${diagnosis.root_cause}`,
            diagnosis.justification,
            `confidence ${diagnosis.confidence}, by ${diagnosis.provider}, from ${diagnosis.citations.join(', ')}`,
          ]
        : [],
    ),
    ...section(
      `Verdict: ${verdict?.decision ?? 'none'}`,
      (verdict?.checks ?? []).map((c) => `${c.allowed ? 'yes' : 'NO '} ${c.guard.padEnd(14)} ${c.reason}`),
    ),
    ...section(
      'Action',
      incident.actions.map((a) => `${a.action} on ${a.instance} is ${a.state}: ${a.detail}`),
    ),
    ...section(
      `Proof of recovery: ${recovery?.result ?? 'none'}`,
      (recovery?.checks ?? []).map((c) => `${c.result.padEnd(8)} ${c.name.padEnd(24)} ${c.reading}`),
    ),
    ...section('Lesson', incident.lesson ? [incident.lesson] : []),
    ...section(`Outcome: ${report.outcome}`, [
      `from the breach: detected ${shown(report.detected_s)}, acted ${shown(report.acted_s)}, recovered ${shown(report.recovered_s)}`,
      ...(report.taken_back_s === null ? [] : [`taken back after ${shown(report.taken_back_s)}`]),
    ]),
    ...section('Open', [
      `${addresses.responder}/incidents/${incident.id}`,
      `${addresses.responder}/runbook`,
      `${addresses.prometheus}/alerts`,
      `${addresses.alertmanager}`,
      `${addresses['target-app-1']}`,
      ...(apiToken === null ? [] : [`API token, for the forms of the pages and for /login: ${apiToken}`]),
    ]),
  ];
}

function section(title: string, lines: string[]): string[] {
  return ['', title, ...(lines.length > 0 ? lines : ['nothing']).map((line) => `  ${line}`)];
}

function shown(seconds: number | null): string {
  return seconds === null ? 'never' : `${seconds.toFixed(2)} s`;
}

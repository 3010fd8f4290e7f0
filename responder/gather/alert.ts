/** Does the alert's own expression hold, now? Read from Prometheus' rules, so that the body is only a hint. */
import type { Prometheus } from '../clients/prometheus.ts';
import { wordsOf } from '../errors.ts';
import type { Alert, Finding } from '../incident/incident.ts';
import { makeReadAlert, type ReadAlert } from './breach.ts';
import type { Source } from './gather.ts';

/** A storm of alerts about one target says no more than these. */
const MOST = 50;

export function makeAlertSource({ prometheus }: { prometheus: Prometheus }): Source {
  return {
    name: 'alert',
    query: ({ incident }) => `rules named ${[...new Set(incident.alerts.map((a) => a.name))].join(', ')}`,
    read: async ({ incident, now, signal }) => {
      const read = makeReadAlert(prometheus, signal);
      const alerts = incident.alerts.slice(0, MOST);
      const all = await Promise.all(alerts.map((alert) => findingsOf(read, alert, incident.target, now)));
      const findings = all.flat();
      const rest = incident.alerts.length - alerts.length;
      return rest > 0 ? [...findings, unread(rest, now)] : findings;
    },
  };
}

/** Said, because what nobody read must not be taken for over. */
function unread(count: number, now: Date): Finding {
  const data = { kind: 'alert', expression: null, holds: null, value: null } as const;
  const reading = `${count} more alerts of this incident were not read again`;
  return { source: 'alert', query: 'none', at: now.toISOString(), status: 'no_data', reading, data };
}

async function findingsOf(readAlert: ReadAlert, alert: Alert, target: string, now: Date): Promise<Finding[]> {
  const base = { source: 'alert', at: now.toISOString() };
  const read = await readAlert(alert, target).catch(wordsOf);
  if (typeof read === 'string') {
    const reading = `${alert.name}: ${read}`;
    return [{ ...base, query: alert.name, status: 'error', reading, data: { kind: 'failure' } }];
  }
  // Not read at all, or only that no SLI is bad: neither says that what was complained of is over.
  const silent = read.basis === 'none' || (read.basis === 'slis' && !read.holds);
  if (read.expression === null || silent) {
    const slis = read.basis === 'slis' ? `; no SLI of ${target} is in breach` : '';
    const reading = `${alert.name} was told by ${alert.source}; Prometheus has no rule of that name${slis}`;
    const data = { kind: 'alert', expression: null, holds: null, value: null } as const;
    return [{ ...base, query: alert.generatorUrl ?? alert.name, status: 'no_data', reading, data }];
  }
  const { expression, holds, value, objective, labels, windowSeconds } = read;
  const finding: Finding = {
    ...base,
    query: expression,
    status: 'ok',
    reading: holds
      ? `${alert.name} holds: its expression gives ${value === null ? 'a value' : Number(value.toPrecision(4))}`
      : `${alert.name} does not hold any more: its expression gives nothing`,
    data: {
      kind: 'alert',
      expression,
      holds,
      value,
      ...(objective && { objective: { sli: objective.sli.name, threshold: objective.threshold } }),
      ...(windowSeconds > 0 && { windowSeconds }),
    },
  };
  return holds && labels.silent_path ? [finding, silentPath(finding, labels.silent_path, target)] : [finding];
}

/** A rule whose series names a path on which nothing comes speaks of what carries the telemetry, not of the target. */
function silentPath({ query, at }: Finding, path: string, target: string): Finding {
  return {
    source: 'telemetry',
    query,
    at,
    status: 'ok',
    reading: `nothing of ${target} comes by the path "${path}"`,
    data: {
      kind: 'dependency',
      dependency: { name: `the telemetry path "${path}"`, healthy: false, latency_ms: null },
    },
  };
}

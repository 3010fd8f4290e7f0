/** Does the alert's own expression hold, now? Read from Prometheus' rules, so that the body is only a hint. */
import type { Prometheus } from '../clients/prometheus.ts';
import type { Alert, Finding } from '../incident/incident.ts';
import { readAlert } from './breach.ts';
import type { Question, Source } from './gather.ts';

export function makeAlertSource({ prometheus }: { prometheus: Prometheus }): Source {
  return {
    name: 'alert',
    query: ({ incident }) => `rules named ${[...new Set(incident.alerts.map((a) => a.name))].join(', ')}`,
    read: async (question) =>
      (
        await Promise.all(question.incident.alerts.map((alert) => findingOf(prometheus, alert, question)))
      ).flat(),
  };
}

async function findingOf(prometheus: Prometheus, alert: Alert, question: Question): Promise<Finding> {
  const read = await readAlert(prometheus, alert, question.incident.target, question.signal);
  const base = { source: 'alert', at: question.now.toISOString() };
  // Not read at all, or only that no SLI is bad: neither says that what was complained of is over.
  const silent = read.basis === 'none' || (read.basis === 'slis' && !read.holds);
  if (read.expression === null || silent) {
    const slis = read.basis === 'slis' ? `; no SLI of ${question.incident.target} is in breach` : '';
    const reading = `${alert.name} was told by ${alert.source}; Prometheus has no rule of that name${slis}`;
    const data = { kind: 'alert', expression: null, holds: null, value: null } as const;
    return { ...base, query: alert.generatorUrl ?? alert.name, status: 'no_data', reading, data };
  }
  const { expression, holds, value, objective } = read;
  return {
    ...base,
    query: expression,
    status: 'ok',
    reading: holds
      ? `${alert.name} holds: its expression gives ${value}`
      : `${alert.name} does not hold any more: its expression gives nothing`,
    data: {
      kind: 'alert',
      expression,
      holds,
      value,
      ...(objective && { objective: { sli: objective.sli.name, threshold: objective.threshold } }),
    },
  };
}

/** The service level indicators of the target over the last minutes, one finding a series. */
import type { Prometheus, Series } from '../clients/prometheus.ts';
import type { Finding } from '../incident/incident.ts';
import { SLIS, type Sli } from '../incident/sli.ts';
import type { Question, Source } from './gather.ts';

const WINDOW_SECONDS = 300;
const STEP_SECONDS = 2;

export function makeMetricSources({ prometheus }: { prometheus: Prometheus }): Source[] {
  return Object.values(SLIS).map((sli) => ({
    name: sli.name,
    query: ({ incident }) => expressionOf(sli, incident.target),
    read: async (question) => {
      const expression = expressionOf(sli, question.incident.target);
      const from = new Date(question.now.getTime() - WINDOW_SECONDS * 1000);
      const series = await prometheus.range(expression, from, question.now, STEP_SECONDS, question.signal);
      return series.map((one) => findingOf(sli, expression, one, question));
    },
  }));
}

/** The worst over both metric paths, so that either may vanish. */
function expressionOf(sli: Sli, service: string): string {
  return `${sli.bad === 'above' ? 'max' : 'min'} by (service, instance) (${sli.selector(service)})`;
}

function findingOf(sli: Sli, query: string, series: Series, question: Question): Finding {
  const instance = series.labels.instance ?? null;
  const [first, last] = [series.points[0]?.[1] ?? 0, series.points.at(-1)?.[1] ?? 0];
  const [from, to] = [series.points[0]?.[0] ?? 0, series.points.at(-1)?.[0] ?? 0];
  const change = `${shown(sli, first)} -> ${shown(sli, last)} in ${Math.round(to - from)} s`;
  return {
    source: 'metrics',
    query,
    at: question.now.toISOString(),
    status: 'ok',
    reading: `${sli.name} of ${instance ?? series.labels.service ?? 'the target'}: ${change}`,
    data: { kind: 'signal', signal: { name: sli.name, unit: sli.unit, instance, series: series.points } },
  };
}

function shown(sli: Sli, value: number): string {
  return sli.unit === 'ratio' ? `${(value * 100).toFixed(0)} %` : String(Number(value.toPrecision(3)));
}

/** The service level indicators of the target over the last minutes, one finding a series. */
import type { Prometheus, Series } from '../clients/prometheus.ts';
import type { Finding } from '../incident/incident.ts';
import { SLIS, type Sli } from '../incident/sli.ts';
import type { Question, Source } from './gather.ts';

const WINDOW_SECONDS = 300;

/**
 * Raw samples, because their times are those of the measurement: a range query would repeat a dead process' last value for
 * as long as Prometheus looks back.
 */
export function makeMetricSources({ prometheus }: { prometheus: Pick<Prometheus, 'raw'> }): Source[] {
  return Object.values(SLIS).map((sli) => ({
    name: sli.name,
    query: ({ incident }) => `${sli.selector(incident.target)}[${WINDOW_SECONDS}s]`,
    read: async (question) => {
      const selector = sli.selector(question.incident.target);
      const series = await prometheus.raw(selector, WINDOW_SECONDS, question.signal);
      return worstByInstance(sli, series).map((one) =>
        findingOf(sli, `${selector}[${WINDOW_SECONDS}s]`, one, question),
      );
    },
  }));
}

/** One series an instance: of the samples that both metric paths give for a second, the worst. */
export function worstByInstance(sli: Pick<Sli, 'worst'>, series: Series[]): Series[] {
  const instances = Map.groupBy(series, (one) => one.labels.instance ?? '');
  return [...instances.values()].map((paths) => {
    const seconds = Map.groupBy(
      paths.flatMap((path) => path.points),
      ([at]) => Math.floor(at),
    );
    const points = [...seconds.values()].map((same): [number, number] => [
      Math.max(...same.map(([at]) => at)),
      sli.worst(same.map(([, value]) => value)),
    ]);
    return { labels: paths[0]?.labels ?? {}, points: points.toSorted(([a], [b]) => a - b) };
  });
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

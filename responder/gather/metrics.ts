/** The service level indicators of the target over the last minutes, one finding a series. */
import type { Prometheus, Series } from '../clients/prometheus.ts';
import type { Finding } from '../incident/incident.ts';
import { median } from '../incident/series.ts';
import { quote, SLIS, type Sli } from '../incident/sli.ts';
import type { Question, Source } from './gather.ts';

const RAW_SECONDS = 300;
const RECORDED_SECONDS = 600;
/** Seconds between two values of a recording; of those older than `FINE_SECONDS` only every fifth is kept. */
const STEP_SECONDS = 1;
const FINE_SECONDS = 120;
const COARSE = 5;
/** The first so many points of a series are how it was. */
const EARLY_SHARE = 0.5;

interface Options {
  prometheus: Pick<Prometheus, 'raw' | 'range'>;
}

export function makeMetricSources({ prometheus }: Options): Source[] {
  return Object.values(SLIS).flatMap((sli) => {
    const source = sli.recording
      ? recordedSource(prometheus, sli, sli.recording)
      : rawSource(prometheus, sli);
    return source ? [source] : [];
  });
}

/**
 * Raw samples, because their times are those of the measurement: a range query would repeat a dead process' last value for
 * as long as Prometheus looks back.
 */
function rawSource(prometheus: Options['prometheus'], sli: Sli): Source | null {
  const { measure } = sli;
  if (measure.kind !== 'gauge') return null;
  const query = ({ incident }: Question) => `${measure.selector(incident.target)}[${RAW_SECONDS}s]`;
  return {
    name: sli.name,
    query,
    read: async (question) => {
      const selector = measure.selector(question.incident.target);
      const series = await prometheus.raw(selector, RAW_SECONDS, question.signal);
      return worstByInstance(sli, series).map((one) => {
        const [first = Number.NaN] = one.points[0]?.slice(1) ?? [];
        return findingOf(sli, query(question), one, first, question);
      });
    },
  };
}

/** A recording ends with a mark of its own where there is nothing to record, so nothing is repeated that is not so. */
function recordedSource(prometheus: Options['prometheus'], sli: Sli, recording: string): Source {
  const query = ({ incident }: Question) => `${recording}{service=${quote(incident.target)}}`;
  return {
    name: sli.name,
    query,
    read: async (question) => {
      // Up to this very instant and not to the last full second: the newest evaluation is what woke us.
      const end = question.now.getTime() / 1000;
      const window = { start: end - RECORDED_SECONDS, end, stepSeconds: STEP_SECONDS };
      const series = await prometheus.range(query(question), window, question.signal);
      return worstByInstance(sli, series)
        .filter((one) => one.points.length > 0)
        .map((one) => {
          const early = one.points.slice(0, Math.ceil(one.points.length * EARLY_SHARE));
          const points = thinned(one.points, end);
          const before = median(early.map(([, value]) => value));
          return findingOf(sli, query(question), { ...one, points }, before, question);
        });
    },
  };
}

/** Kept with the incident, so what is long ago is told more coarsely, at the same times for every series. */
function thinned(points: Series['points'], end: number): Series['points'] {
  return points.filter(([at]) => end - at <= FINE_SECONDS || Math.round(end - at) % COARSE === 0);
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

/** @param before how it was, to be told against how it is. */
function findingOf(sli: Sli, query: string, series: Series, before: number, question: Question): Finding {
  const instance = series.labels.instance ?? null;
  const last = series.points.at(-1)?.[1] ?? 0;
  const [from, to] = [series.points[0]?.[0] ?? 0, series.points.at(-1)?.[0] ?? 0];
  const change = `${shown(sli, before)} -> ${shown(sli, last)} in ${Math.round(to - from)} s`;
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

/** Where a model's look-ups are read: Prometheus, the log window, the archive. Nothing is written, and no other target's log is. */
import type { Prometheus, Series } from '../../clients/prometheus.ts';
import type { Archive } from '../../incident/archive.ts';
import type { LogWindow } from '../../incident/log-window.ts';
import type { Sources } from './look-ups.ts';

interface Options {
  prometheus: Pick<Prometheus, 'range'>;
  window: Pick<LogWindow, 'recent'>;
  archive: Pick<Archive, 'list'>;
  clock: () => Date;
}

const METRIC_SECONDS = 1_800;
const STEP_SECONDS = 60;
const MOST_SERIES = 8;
const LOG_MS = 15 * 60_000;
const MOST_LINES = 5_000;
const SHOWN_LINES = 20;
const PAST = 5;

export function makeLookUpSources({ prometheus, window, archive, clock }: Options): Sources {
  return {
    async promql(query, signal) {
      const end = clock().getTime() / 1000;
      const span = { start: end - METRIC_SECONDS, end, stepSeconds: STEP_SECONDS };
      const series = await prometheus.range(query, span, signal);
      const more = series.length > MOST_SERIES ? [`and ${series.length - MOST_SERIES} more series`] : [];
      return [...series.slice(0, MOST_SERIES).map(lineOf), ...more].join('\n');
    },
    async logs(target, text) {
      const since = new Date(clock().getTime() - LOG_MS);
      const lines = await window.recent(target, since, MOST_LINES);
      const found = lines.filter(({ message }) => message.toLowerCase().includes(text.toLowerCase()));
      const told = found
        .slice(-SHOWN_LINES)
        .map(({ timestamp, severity, message }) => `${timestamp} ${severity} ${message}`);
      return found.length === 0 ? '' : [`${found.length} of ${lines.length} lines`, ...told].join('\n');
    },
    async past(target) {
      const { incidents } = await archive.list({ target, limit: PAST });
      return incidents
        .filter(({ closedAt }) => closedAt !== null)
        .map(
          ({ startsAt, alertname, outcome, conclusion }) =>
            `${startsAt} ${alertname} ${outcome}: ${conclusion}`,
        )
        .join('\n');
    },
  };
}

function lineOf({ labels, points }: Series): string {
  const told = points.map(([at, value]) => `[${Math.round(at)},${Number(value.toPrecision(4))}]`);
  return `${JSON.stringify(labels)} ${told.join(' ')}`;
}

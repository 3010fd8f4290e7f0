/** Where a model's look-ups are read: Prometheus, the log window, the archive. Nothing is written, and no other target's log is. */
import type { Prometheus, Series } from '../../clients/prometheus.ts';
import type { Archive } from '../../incident/archive.ts';
import type { LogWindow } from '../../incident/log-window.ts';
import { RESULT_CHARS, type Sources } from './look-ups.ts';

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
      return seriesIn(series.slice(0, MOST_SERIES), series.length);
    },
    async logs(target, text) {
      const since = new Date(clock().getTime() - LOG_MS);
      const lines = await window.recent(target, since, MOST_LINES);
      const found = lines.filter(({ message }) => message.toLowerCase().includes(text.toLowerCase()));
      const told = newestThatFit(
        found
          .slice(-SHOWN_LINES)
          .map(({ timestamp, severity, message }) => `${timestamp} ${severity} ${message}`),
      );
      const shown = told.length < found.length ? `, the newest ${told.length} shown` : '';
      return found.length === 0
        ? ''
        : [`${found.length} of ${lines.length} lines${shown}`, ...told].join('\n');
    },
    async past(target) {
      const { incidents } = await archive.list({ target, limit: PAST });
      return incidents
        .filter(({ closedAt }) => closedAt !== null)
        .toReversed()
        .map(
          ({ startsAt, alertname, outcome, conclusion }) =>
            `${startsAt} ${alertname} ${outcome}: ${shortened(conclusion ?? '', CONCLUSION_CHARS)}`,
        )
        .join('\n');
    },
  };
}

/** Lines of a log, and what heads them; so much of one line. */
const LINES_CHARS = RESULT_CHARS - 100;
const LINE_CHARS = 600;
const CONCLUSION_CHARS = 300;

/** From the newest back. */
function newestThatFit(lines: string[]): string[] {
  const fitting: string[] = [];
  let room = LINES_CHARS;
  for (const line of lines.toReversed().map((one) => shortened(one, LINE_CHARS))) {
    room -= line.length + 1;
    if (room < 0) break;
    fitting.unshift(line);
  }
  return fitting;
}

const shortened = (text: string, chars: number) =>
  text.length <= chars ? text : `${text.slice(0, chars)}... (cut)`;

/** Of each series as many points as let all fit, evenly over time, the last always among them; of long labels fewer series. */
function seriesIn(series: Series[], of: number): string {
  const most = Math.max(0, ...series.map(({ points }) => points.length));
  for (let step = 1; ; step *= 2) {
    const lines = series.map((one) => lineOf(one, step));
    if (of > series.length) lines.push(`and ${of - series.length} more series`);
    if (step > 1) lines.push(`(cut: every ${step}th point is shown, and the last)`);
    const text = lines.join('\n');
    if (text.length <= RESULT_CHARS) return text;
    if (step >= most) return series.length > 1 ? seriesIn(series.slice(0, -1), of) : text;
  }
}

function lineOf({ labels, points }: Series, step: number): string {
  const told = points
    .filter((_, i) => (points.length - 1 - i) % step === 0)
    .map(([at, value]) => `[${Math.round(at)},${Number(value.toPrecision(4))}]`);
  return `${JSON.stringify(labels)} ${told.join(' ')}`;
}

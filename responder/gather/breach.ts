/** Is it still broken? The alerts' own expressions, read from Prometheus this instant. */
import type { Prometheus } from '../clients/prometheus.ts';
import { wordsOf } from '../errors.ts';
import type { Alert } from '../incident/incident.ts';
import { concerns } from '../incident/sli.ts';

export interface Breach {
  state: 'holds' | 'gone' | 'unreadable';
  reading: string;
}
export type ReadBreach = (alerts: Alert[], signal: AbortSignal) => Promise<Breach>;

/** What one alert's rules say now. `expression` is null when Prometheus has no rule of that name. */
export interface AlertReading {
  expression: string | null;
  holds: boolean;
  value: number | null;
}

/** Throws AEGIS_UPSTREAM when Prometheus cannot be read. */
export async function readAlert(
  prometheus: Prometheus,
  alert: Alert,
  signal: AbortSignal,
): Promise<AlertReading> {
  const rules = await prometheus.alertRules(alert.name, signal);
  const answers = await Promise.all(
    rules.map(async ({ expression }) => {
      const series = await prometheus.instant(expression, signal);
      return { expression, series: series.find((s) => concerns(alert, s.labels)) };
    }),
  );
  const holding = answers.find((answer) => answer.series);
  return {
    expression: (holding ?? answers[0])?.expression ?? null,
    holds: holding !== undefined,
    value: holding?.series?.points.at(-1)?.[1] ?? null,
  };
}

export function makeReadBreach({ prometheus }: { prometheus: Prometheus }): ReadBreach {
  return async (alerts, signal) => {
    const firing = alerts.filter((alert) => alert.status === 'firing');
    if (firing.length === 0) return { state: 'gone', reading: 'every alert of the incident is resolved' };
    try {
      const readings = await Promise.all(firing.map((alert) => readAlert(prometheus, alert, signal)));
      const holding = readings.findIndex((reading) => reading.holds);
      if (holding >= 0) {
        const { expression, value } = readings[holding] as AlertReading;
        return { state: 'holds', reading: `${firing[holding]?.name} holds: ${expression} gives ${value}` };
      }
      const unread = readings.findIndex((reading) => reading.expression === null);
      if (unread >= 0)
        return {
          state: 'unreadable',
          reading: `Prometheus has no rule named ${firing[unread]?.name} that could be read again`,
        };
      return {
        state: 'gone',
        reading: `${firing.map((a) => a.name).join(', ')}: the expression gives nothing any more`,
      };
    } catch (error) {
      return { state: 'unreadable', reading: wordsOf(error) };
    }
  };
}

/** Is it still broken? The alerts' own expressions, read from Prometheus this instant. */
import type { Prometheus, Rules, Series } from '../clients/prometheus.ts';
import { wordsOf } from '../errors.ts';
import type { Alert, Breach, Incident } from '../incident/incident.ts';
import { concerns, type Objective, objectiveOf } from '../incident/sli.ts';
import { clearingSeconds } from './window.ts';

/**
 * @param fitSeconds alerts whose expression may hold on for longer than this after a recovery say nothing of now: they are
 *   told apart (`lookingBack`). All count where it is left out.
 */
export type ReadBreach = (
  incident: Pick<Incident, 'alerts' | 'target'>,
  signal: AbortSignal,
  fitSeconds?: number,
) => Promise<Breach>;

/** What was read for one alert. */
export interface AlertReading {
  /** `rule`: the loaded rules of its name; `generator`: its generatorURL; `slis`: the rules about the target's SLIs. */
  basis: 'rule' | 'generator' | 'slis' | 'none';
  /** The expression that holds, else the first that was read; null where there is none. */
  expression: string | null;
  holds: boolean;
  value: number | null;
  /** Labels of the series that holds, as Prometheus has them: not what the sender says. */
  labels: Record<string, string>;
  objective: Objective | null;
  windowSeconds: number;
}

interface Candidate {
  expression: string;
  objective: Objective | null;
}

/** Reads one alert. Throws AEGIS_UPSTREAM when Prometheus cannot be read. */
export type ReadAlert = (alert: Alert, target: string) => Promise<AlertReading>;

/** For one look at however many alerts: the rules are fetched once, and each expression is asked once. */
export function makeReadAlert(
  prometheus: Pick<Prometheus, 'rules' | 'instant'>,
  signal: AbortSignal,
): ReadAlert {
  const rules = prometheus.rules(signal);
  rules.catch(() => undefined); // told by whoever awaits it
  const asked = new Map<string, Promise<Series[]>>();
  const ask = (expression: string) => {
    const answer = asked.get(expression) ?? prometheus.instant(expression, signal);
    asked.set(expression, answer);
    return answer;
  };
  return async (alert, target) => readAlert(await rules, ask, alert, target);
}

async function readAlert(
  rules: Rules,
  ask: (expression: string) => Promise<Series[]>,
  alert: Alert,
  target: string,
): Promise<AlertReading> {
  const { basis, candidates } = candidatesFor(alert, rules);
  const answers = await Promise.all(
    candidates.map(async (candidate) => {
      const series = await ask(candidate.expression);
      return { ...candidate, series: worst(series.filter((one) => concerns(alert, target, one.labels))) };
    }),
  );
  const told = answers.find((answer) => answer.series) ?? answers[0];
  const windows = candidates.map(({ expression }) => clearingSeconds(expression, rules.recordings));
  return {
    basis,
    expression: told?.expression ?? null,
    holds: told?.series !== undefined,
    value: told?.series?.points.at(-1)?.[1] ?? null,
    labels: told?.series?.labels ?? {},
    objective: told?.objective ?? null,
    windowSeconds: Math.max(0, ...windows),
  };
}

/** The alert's own rules; without any, what its sender linked to; without that, every rule that names an SLI. */
function candidatesFor(
  alert: Alert,
  { alerts }: Rules,
): { basis: AlertReading['basis']; candidates: Candidate[] } {
  const candidateOf = (rule: Rules['alerts'][number]) => ({
    expression: rule.expression,
    objective: objectiveOf(rule),
  });
  const own = alerts.filter((rule) => rule.name === alert.name).map(candidateOf);
  if (own.length > 0) return { basis: 'rule', candidates: own };
  const linked = linkedExpression(alert.generatorUrl);
  if (linked)
    return { basis: 'generator', candidates: [{ expression: linked, objective: objectiveOf(alert) }] };
  const slis = alerts.map(candidateOf).filter((candidate) => candidate.objective);
  return { basis: slis.length > 0 ? 'slis' : 'none', candidates: slis };
}

/** The expression in a link to Prometheus' graph page, as Prometheus puts it into `generatorURL`. */
function linkedExpression(url: string | null): string | null {
  return url && URL.canParse(url) ? new URL(url).searchParams.get('g0.expr') : null;
}

/** Several instances may breach; the evidence shows the one that is furthest out. */
function worst(series: Series[]): Series | undefined {
  const distance = (one: Series) => Math.abs(one.points.at(-1)?.[1] ?? 0);
  return series.toSorted((a, b) => distance(b) - distance(a))[0];
}

export function makeReadBreach({
  prometheus,
}: {
  prometheus: Pick<Prometheus, 'rules' | 'instant'>;
}): ReadBreach {
  return async ({ alerts, target }, signal, fitSeconds = Number.POSITIVE_INFINITY) => {
    const firing = alerts.filter((alert) => alert.status === 'firing');
    if (firing.length === 0)
      return { state: 'gone', reading: 'every alert of the incident is resolved', lookingBack: null };
    try {
      const read = makeReadAlert(prometheus, signal);
      const readings = await Promise.all(
        firing.map(async (alert) => ({ name: alert.name, ...(await read(alert, target)) })),
      );
      return breachOf(readings, fitSeconds);
    } catch (error) {
      return { state: 'unreadable', reading: wordsOf(error), lookingBack: null };
    }
  };
}

function breachOf(readings: (AlertReading & { name: string })[], fitSeconds: number): Breach {
  const holding = readings.filter((reading) => reading.holds);
  const [late, now] = [
    holding.filter((reading) => reading.windowSeconds > fitSeconds),
    holding.filter((reading) => reading.windowSeconds <= fitSeconds),
  ];
  const lookingBack =
    late.length > 0
      ? {
          reading: `${late.map(({ name }) => name).join(', ')} may hold on, looking back over minutes`,
          windowSeconds: Math.max(...late.map((reading) => reading.windowSeconds)),
          provable: late.every((reading) => reading.objective !== null),
        }
      : null;
  if (now[0]) {
    const reading = `${now[0].name} holds: ${oneLine(now[0].expression)} gives ${now[0].value}`;
    return { state: 'holds', reading, lookingBack };
  }
  const unread = readings.find((reading) => reading.basis === 'none');
  if (unread) {
    const reading = `Prometheus has no rule named ${unread.name}, and none about an SLI, that could be read again`;
    return { state: 'unreadable', reading, lookingBack };
  }
  const gone = readings.filter((reading) => !reading.holds).map((reading) => reading.name);
  const told = gone.length > 0 ? [`${gone.join(', ')}: the expression gives nothing any more`] : [];
  const reading = [...told, ...(lookingBack ? [lookingBack.reading] : [])].join('; ');
  return { state: 'gone', reading, lookingBack };
}

function oneLine(text: string | null): string {
  return (text ?? '').replaceAll(/\s+/g, ' ');
}

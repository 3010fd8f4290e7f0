/**
 * Service level indicators that can be verified from raw samples. A rule names its SLI and threshold in the
 * annotations `sli` and `threshold`; an alert without them is judged by its own expression.
 */
import type { Alert } from './incident.ts';

export interface Sli {
  name: string;
  unit: 'ratio' | 'seconds' | '1/s' | 'count' | 'bytes';
  /** Plain PromQL selector of the raw samples, over both metric paths. */
  selector: (service: string) => string;
  /** On which side of the threshold the SLI is bad. */
  bad: 'above' | 'below';
  /** How several samples of one instance become one reading. */
  worst: (values: number[]) => number;
}

const max = (values: number[]) => Math.max(...values);
const min = (values: number[]) => Math.min(...values);
const of =
  (metric: string, more = '') =>
  (service: string) =>
    `${metric}{service=${quote(service)}${more}}`;

export const SLIS: Record<string, Sli> = {
  memory_utilization: {
    name: 'memory_utilization',
    unit: 'ratio',
    selector: of('process_memory_limit_utilization_ratio'),
    bad: 'above',
    worst: max,
  },
  event_loop_utilization: {
    name: 'event_loop_utilization',
    unit: 'ratio',
    selector: of('nodejs_eventloop_utilization_ratio'),
    bad: 'above',
    worst: max,
  },
  up: { name: 'up', unit: 'count', selector: of('up', ',job="targets"'), bad: 'below', worst: min },
};

export interface Objective {
  sli: Sli;
  threshold: number;
}

/** What an alert promises to be about, or null where it does not say. */
export function objectiveOf(alert: Alert): Objective | null {
  const sli = SLIS[alert.annotations.sli ?? ''];
  const threshold = Number(alert.annotations.threshold);
  return sli && alert.annotations.threshold && Number.isFinite(threshold) ? { sli, threshold } : null;
}

/** At the threshold itself a value is good on the `above` side and good on the `below` side alike. */
export function isBad({ sli, threshold }: Objective, value: number): boolean {
  return sli.bad === 'above' ? value > threshold : value < threshold;
}

/** A PromQL string literal. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** Whether a series can belong to an alert: the labels that say who must agree where both have them. */
export function concerns(alert: Alert, series: Record<string, string>): boolean {
  return ['service', 'instance', 'target'].every((name) => {
    const [a, b] = [alert.labels[name], series[name]];
    return a === undefined || b === undefined || a === b;
  });
}

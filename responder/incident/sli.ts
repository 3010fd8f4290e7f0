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

/** As the alert TargetMemorySaturated has it: the share of the limit above which an out-of-memory kill is near. */
export const MEMORY_NEAR_LIMIT = 0.85;

export interface Objective {
  sli: Sli;
  threshold: number;
}

/** What the annotations of an alert or its rule promise it to be about, or null where they do not say. */
export function objectiveOf({ annotations }: Pick<Alert, 'annotations'>): Objective | null {
  const name = annotations.sli ?? '';
  const sli = Object.hasOwn(SLIS, name) ? SLIS[name] : undefined;
  const threshold = Number(annotations.threshold);
  return sli && annotations.threshold && Number.isFinite(threshold) ? { sli, threshold } : null;
}

/** At the threshold itself a value is good on the `above` side and good on the `below` side alike. */
export function isBad({ sli, threshold }: Objective, value: number): boolean {
  return sli.bad === 'above' ? value > threshold : value < threshold;
}

/** A PromQL string literal. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/**
 * Whether a series can be about what an alert on a target is about. The service must agree, and the instance where both
 * name one; a series without these labels speaks of everything.
 */
export function concerns(
  { labels }: Pick<Alert, 'labels'>,
  target: string,
  series: Record<string, string>,
): boolean {
  const container = labels.container_name === target ? undefined : labels.container_name;
  const agree = (a: string | undefined, b: string | undefined) =>
    a === undefined || b === undefined || a === b;
  return (
    agree(labels.service ?? target, series.service) && agree(labels.instance ?? container, series.instance)
  );
}

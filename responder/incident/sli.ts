/**
 * Service level indicators that are read as evidence and verified from raw samples. A rule names its SLI and threshold
 * in the annotations `sli` and `threshold`; an alert without them is judged by its own expression.
 */
import type { Alert } from './incident.ts';

/** How an SLI comes out of raw samples, over both metric paths. Selectors are plain, without functions. */
export type Measure =
  /** Its last sample is its value. */
  | { kind: 'gauge'; selector: Selector }
  /** Share of one counter's increase in another's. */
  | { kind: 'ratio'; part: Selector; whole: Selector }
  /** Quantile of a histogram: counters with the label `le`. */
  | { kind: 'quantile'; quantile: number; buckets: Selector }
  /** Only the recording rule tells it: evidence, but no proof. */
  | { kind: 'recorded' };
export type Selector = (service: string) => string;

export interface Sli {
  name: string;
  unit: 'ratio' | 'seconds' | '1/s' | 'count' | 'bytes';
  measure: Measure;
  /** Recording rule of it, by service and instance; null where the raw samples are read as evidence, too. */
  recording: string | null;
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
const REQUESTS = 'http_server_request_duration_seconds';

const gauge = (name: string, metric: string, unit: Sli['unit'] = 'ratio', more = ''): Sli => ({
  ...{ name, unit, measure: { kind: 'gauge', selector: of(metric, more) } },
  ...{ recording: null, bad: 'above', worst: max },
});
const recorded = (name: string, unit: Sli['unit'], recording: string, measure: Measure): Sli => ({
  ...{ name, unit, recording, measure },
  ...{ bad: 'above', worst: max },
});

/** The names are those of evidence bundles. */
export const SLIS: Record<string, Sli> = Object.fromEntries(
  [
    gauge('memory_utilization', 'process_memory_limit_utilization_ratio'),
    gauge('event_loop_utilization', 'nodejs_eventloop_utilization_ratio'),
    gauge('concurrency_utilization', 'http_server_concurrency_utilization_ratio'),
    gauge('db_pool_pending', 'db_client_connection_pending_requests', 'count'),
    { ...gauge('up', 'up', 'count', ',job="targets"'), bad: 'below' as const, worst: min },
    recorded('cpu_utilization', 'ratio', 'service:cpu_utilization:max', { kind: 'recorded' }),
    recorded('db_pool_utilization', 'ratio', 'service:db_pool_utilization:max', { kind: 'recorded' }),
    recorded('request_rate', '1/s', 'service:request_rate:max', { kind: 'recorded' }),
    recorded('error_ratio', 'ratio', 'service:error_ratio:max', {
      kind: 'ratio',
      part: of(`${REQUESTS}_count`, ',http_response_status_code=~"5.."'),
      whole: of(`${REQUESTS}_count`),
    }),
    recorded('latency_p95', 'seconds', 'service:request_duration_seconds:p95', {
      kind: 'quantile',
      quantile: 0.95,
      buckets: of(`${REQUESTS}_bucket`),
    }),
    recorded('db_latency_p95', 'seconds', 'service:db_operation_duration_seconds:p95', {
      kind: 'quantile',
      quantile: 0.95,
      buckets: of('db_client_operation_duration_seconds_bucket'),
    }),
  ].map((sli) => [sli.name, sli]),
);

/** As the alert TargetMemorySaturated has it: the share of the limit above which an out-of-memory kill is near. */
export const MEMORY_NEAR_LIMIT = 0.85;
/** As TargetEventLoopSaturated has it. */
export const EVENT_LOOP_SATURATED = 0.9;
/** As TargetDatabaseSlow has it, in seconds. */
export const DATABASE_SLOW = 0.5;
/** Burn rate 14.4 of an SLO of 99.9 %, as TargetErrorBudgetBurnFast has it. */
export const ERRORS_BURN_FAST = 0.0144;

/**
 * CPU cores of a process that answers nobody and turns in a circle. Less than one, since it may have to share the machine;
 * a process that waits for something uses next to none.
 */
export const BUSY_CORES = 0.4;

/** From here on a pool of connections or the request slots count as used up. */
export const USED_UP = 0.95;
/** So many times the usual load is more than the day's ups and downs. */
export const LOAD_GREW = 1.5;
/** So many seconds before a release tell how it was before: an incident that ended earlier is not the onset of this one. */
export const BEFORE_RELEASE_SECONDS = 30;
/** Errors were low before where they were at most this share of what they are since. */
export const ERRORS_LOW = 0.2;

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

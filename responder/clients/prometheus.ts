/** Prometheus' HTTP API, as far as evidence and verification need it. */
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import { askJson } from './http.ts';

const Sample = z.tuple([z.number(), z.string()]);
const Labels = z.record(z.string(), z.string());
const Vector = z.array(z.object({ metric: Labels, value: Sample }));
const Matrix = z.array(z.object({ metric: Labels, values: z.array(Sample) }));
const RuleGroups = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          type: z.string(),
          name: z.string(),
          query: z.string(),
          annotations: Labels.optional(),
        }),
      ),
    }),
  ),
});
const Answer = z.object({ status: z.literal('success'), data: z.unknown() });

export interface Series {
  labels: Record<string, string>;
  /** [epoch seconds, value], oldest first. */
  points: [number, number][];
}
export interface Window {
  start: number;
  end: number;
  stepSeconds: number;
}
export interface AlertRule {
  name: string;
  expression: string;
  annotations: Record<string, string>;
}
/** What is loaded now. */
export interface Rules {
  alerts: AlertRule[];
  /** Name to expression. */
  recordings: Record<string, string>;
}

export interface Prometheus {
  /** One value a series, now. */
  instant(query: string, signal?: AbortSignal): Promise<Series[]>;
  /** The samples as they were scraped: `selector` must be a plain selector, without functions. */
  raw(selector: string, seconds: number, signal?: AbortSignal): Promise<Series[]>;
  /** The value at each step of a window (epoch seconds), as far as there is one: NaN is none. Throws AEGIS_UPSTREAM. */
  range(query: string, window: Window, signal?: AbortSignal): Promise<Series[]>;
  rules(signal?: AbortSignal): Promise<Rules>;
  /** Names of all alerting rules that are loaded. */
  alertNames(): Promise<string[]>;
}

export function makePrometheus({ url, timeoutMs = 3_000 }: { url: string; timeoutMs?: number }): Prometheus {
  async function get<T>(
    path: string,
    params: Record<string, string>,
    shape: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const query = new URLSearchParams(params);
    const body = await askJson({
      system: 'Prometheus',
      url: `${url}/api/v1/${path}?${query}`,
      timeoutMs,
      signal,
    });
    const answer = Answer.safeParse(body);
    const data = answer.success ? shape.safeParse(answer.data.data) : answer;
    if (!data.success)
      throw new AegisError('AEGIS_UPSTREAM', `Prometheus gave an answer of another form to ${path}`);
    return data.data as T;
  }
  const result = <T>(shape: z.ZodType<T>) => z.object({ result: shape });
  const points = (values: [number, string][]) =>
    values.map(([at, value]): [number, number] => [at, Number(value)]);

  async function rules(signal?: AbortSignal): Promise<Rules> {
    const { groups } = await get('rules', {}, RuleGroups, signal);
    const all = groups.flatMap((group) => group.rules);
    return {
      alerts: all
        .filter((rule) => rule.type === 'alerting')
        .map(({ name, query, annotations = {} }) => ({ name, expression: query, annotations })),
      recordings: Object.fromEntries(
        all.filter((rule) => rule.type === 'recording').map(({ name, query }) => [name, query]),
      ),
    };
  }

  return {
    async instant(query, signal) {
      const { result: rows } = await get('query', { query }, result(Vector), signal);
      return rows.map((row) => ({ labels: row.metric, points: points([row.value]) }));
    },
    async raw(selector, seconds, signal) {
      const query = `${selector}[${Math.ceil(seconds)}s]`;
      const { result: rows } = await get('query', { query }, result(Matrix), signal);
      return rows.map((row) => ({ labels: row.metric, points: points(row.values) }));
    },
    async range(query, { start, end, stepSeconds }, signal) {
      const params = { query, start: String(start), end: String(end), step: String(stepSeconds) };
      const { result: rows } = await get('query_range', params, result(Matrix), signal);
      return rows.map((row) => ({
        labels: row.metric,
        points: points(row.values).filter(([, value]) => !Number.isNaN(value)),
      }));
    },
    rules,
    async alertNames() {
      return [...new Set((await rules()).alerts.map((rule) => rule.name))];
    },
  };
}

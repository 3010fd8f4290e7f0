/** What every story asks the system and tells it, wherever it runs: as processes, or as containers. */

import type { AuditEvent, Incident } from '../responder/incident/incident.ts';
import { until } from '../tools/demo/wait.ts';

export type WholeIncident = Incident & { timeline: AuditEvent[] };

/** So long any single thing may take on a busy machine, in ms. Nothing is asserted about time. */
const PATIENCE_MS = 90_000;
const BASELINE_SAMPLES = 5;
/** A process that fills its memory within seconds of its start is, rightly, not restarted. */
const GROWN_UP_MS = 6_000;

/** Addresses without a slash at the end. */
export interface World {
  responder: string;
  prometheus: string;
  tokens: { webhook: string; read?: string };
  /** Where the first instance of a target serves. */
  urlOf(target: string): Promise<string>;
}

export interface Questions {
  /** All incidents, newest first, or those of one target. */
  incidents(target?: string): Promise<WholeIncident[]>;
  /** The newest incident of a target, once it has ended and no other is open. `not`: ids that are known already. */
  ended(target: string, not?: string[]): Promise<WholeIncident>;
  /** Posts to the responder (or another at `base`) with the webhook token; a string is sent as it is. */
  post(
    body: unknown,
    path?: string,
    headers?: Record<string, string>,
    base?: string,
  ): Promise<{ status: number; body: Answer }>;
  /** Until a target has run for a while, Prometheus has a baseline of it (so many samples) and nothing fires. */
  quiet(target: string, samples?: number): Promise<true>;
  /** Causes a fault in a target by its trigger. */
  trigger(target: string, fault: string): Promise<void>;
  /** First value that an expression has; null where it has none. */
  query(expression: string): Promise<number | null>;
}
// biome-ignore lint/suspicious/noExplicitAny: answers of every form are looked into
type Answer = any;

export function makeQuestions(world: World): Questions {
  const { responder, tokens, urlOf } = world;
  const headers: Record<string, string> = tokens.read ? { authorization: `Bearer ${tokens.read}` } : {};
  const get = async (path: string) => (await fetch(responder + path, { headers })).json() as Promise<Answer>;
  const query = (expression: string) => promql(world, expression);

  const incidents = async (target?: string): Promise<WholeIncident[]> => {
    const { incidents: found } = await get(`/api/incidents?limit=200${target ? `&target=${target}` : ''}`);
    return Promise.all(found.map(({ id }: { id: string }) => get(`/api/incidents/${id}`)));
  };
  return {
    incidents,
    query,
    ended: (target, not = []) =>
      until(`an incident of ${target} to end`, PATIENCE_MS, async () => {
        const [newest] = await incidents(target);
        return newest?.closedAt && !not.includes(newest.id) ? newest : null;
      }),
    async post(body, path = '/webhook', more = {}, at = responder) {
      const response = await fetch(at + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${tokens.webhook}`,
          ...more,
        },
        body:
          typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    quiet: (target, samples = BASELINE_SAMPLES) =>
      until(`${target} to be quiet`, PATIENCE_MS, () => quiet(world, target, samples)),
    async trigger(target, fault) {
      const response = await fetch(`${await urlOf(target)}/trigger_${fault}`, { method: 'POST' });
      if (!response.ok) throw new Error(`trigger_${fault} answered ${response.status}`);
    },
  };
}

/** Throws what is missing. */
async function quiet(world: World, target: string, least: number): Promise<true> {
  const health = (await (await fetch(`${await world.urlOf(target)}/health`)).json()) as { startedAt: string };
  const age = Date.now() - Date.parse(health.startedAt);
  const memory = `service:memory_utilization:max{service="${target}"}`;
  const samples = await promql(world, `min(count_over_time(${memory}[1m]))`);
  const known = await promql(world, `min(count_over_time(service:up:max{service="${target}"}[1m]))`);
  // Of the last moments only: a Prometheus that was killed cannot mark as ended what fired then.
  const firing = await promql(world, `count(present_over_time(ALERTS{service="${target}"}[5s]))`);
  if (age >= GROWN_UP_MS && (samples ?? 0) >= least && (known ?? 0) >= least && firing === null) return true;
  throw new Error(
    `up for ${age} ms, ${samples} samples of its memory, ${known} of up, ${firing} alerts fire`,
  );
}

async function promql({ prometheus }: World, expression: string): Promise<number | null> {
  const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  const value = data.result[0]?.value[1];
  return value === undefined ? null : Number(value);
}

/** What the stories share: the whole system on real parts, and a few ways to ask it what happened. */
import { readFile } from 'node:fs/promises';
import { after } from 'node:test';
import type { AuditEvent, Incident } from '../responder/incident/incident.ts';
import { promql } from '../tools/demo/observe.ts';
import { until } from '../tools/demo/wait.ts';
import { type Stack, type StackOptions, startStack } from '../tools/stack/stack.ts';
import { toolchain } from '../tools/toolchain/toolchain.ts';

export type WholeIncident = Incident & { timeline: AuditEvent[] };

/** So long any single thing may take on a busy machine, in ms. Nothing is asserted about time. */
const PATIENCE_MS = 90_000;
const BASELINE_SAMPLES = 5;
/** A process that fills its memory within seconds of its start is, rightly, not restarted. */
const GROWN_UP_MS = 6_000;

export interface Story {
  stack: Stack;
  /** All incidents, newest first, or those of one target. */
  incidents(target?: string): Promise<WholeIncident[]>;
  /** The newest incident of a target, once it has ended and no other is open. `not`: ids that are known already. */
  ended(target: string, not?: string[]): Promise<WholeIncident>;
  /** How often the instance of a target was started, by its own log. */
  starts(target: string): Promise<number>;
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
  query(expression: string): Promise<number | null>;
}
// biome-ignore lint/suspicious/noExplicitAny: answers of every form are looked into
type Answer = any;

/** Starts the system for one test file and stops it after the last test. */
export async function startStory(options: Omit<StackOptions, 'programs'> = {}): Promise<Story> {
  const programs = await toolchain({ say: (line) => process.stderr.write(`set-up: ${line}\n`) });
  const stack = await startStack({ ...options, programs });
  after(stack.stop);
  const base = stack.addresses.responder as string;
  const get = async (path: string) => (await fetch(base + path)).json() as Promise<Answer>;

  const incidents = async (target?: string): Promise<WholeIncident[]> => {
    const { incidents: found } = await get(`/api/incidents?limit=200${target ? `&target=${target}` : ''}`);
    return Promise.all(found.map(({ id }: { id: string }) => get(`/api/incidents/${id}`)));
  };
  return {
    stack,
    incidents,
    ended: (target, not = []) =>
      until(`an incident of ${target} to end`, PATIENCE_MS, async () => {
        const [newest] = await incidents(target);
        return newest?.closedAt && !not.includes(newest.id) ? newest : null;
      }),
    async starts(target) {
      const text = await readFile(stack.logOf(`${target}-1`), 'utf8');
      return text.split('"event":"app.started"').length - 1;
    },
    async post(body, path = '/webhook', headers = {}, at = base) {
      const response = await fetch(at + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${stack.tokens.webhook}`,
          ...headers,
        },
        body:
          typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    quiet: (target, samples = BASELINE_SAMPLES) =>
      until(`${target} to be quiet`, PATIENCE_MS, () => quiet(stack, target, samples)),
    async trigger(target, fault) {
      const response = await fetch(`${stack.addresses[`${target}-1`]}/trigger_${fault}`, { method: 'POST' });
      if (!response.ok) throw new Error(`trigger_${fault} answered ${response.status}`);
    },
    query: (expression) => promql(stack, expression),
  };
}

async function quiet(stack: Stack, target: string, least: number): Promise<true | null> {
  const health = (await (await fetch(`${stack.addresses[`${target}-1`]}/health`)).json()) as {
    startedAt: string;
  };
  if (Date.now() - Date.parse(health.startedAt) < GROWN_UP_MS) return null;
  const memory = `service:memory_utilization:max{service="${target}"}`;
  const samples = await promql(stack, `min(count_over_time(${memory}[1m]))`);
  const known = await promql(stack, `min(count_over_time(service:up:max{service="${target}"}[1m]))`);
  // Of the last moments only: a Prometheus that was killed cannot mark as ended what fired then.
  const firing = await promql(stack, `count(present_over_time(ALERTS{service="${target}"}[5s]))`);
  return (samples ?? 0) >= least && (known ?? 0) >= least && firing === null ? true : null;
}

/** What Alertmanager holds about a service, silenced or not. */
export async function alertsOf({ stack }: Story, service: string): Promise<unknown[]> {
  const filter = encodeURIComponent(`service="${service}"`);
  const response = await fetch(`${stack.addresses.alertmanager}/api/v2/alerts?filter=${filter}`);
  return (await response.json()) as unknown[];
}

/** An alert as Alertmanager would send it. */
export function alertOf(labels: Record<string, string>, more: Record<string, unknown> = {}) {
  return {
    status: 'firing',
    labels: {
      alertname: 'TargetMemorySaturated',
      service: 'target-app',
      instance: 'target-app-1',
      ...labels,
    },
    annotations: { summary: 'told by a test', sli: 'memory_utilization', threshold: '0.85' },
    startsAt: '2026-01-02T03:04:05.678Z',
    endsAt: '0001-01-01T00:00:00Z',
    ...more,
  };
}

/** A webhook body of Alertmanager, version 4. */
export function envelope(...alerts: unknown[]) {
  return { version: '4', receiver: 'responder', status: 'firing', alerts };
}

/** The demo as a story: quiet, the fault, the incident as it happens, its end. */
import type { Stack } from '../stack/stack.ts';
import { type Breach, type FaultName, planOf } from './faults.ts';
import { type IncidentView, newestIncident, oneIncident, promql, type TimelineEvent } from './observe.ts';
import { until } from './wait.ts';

export interface Told {
  fault: FaultName;
  breach: Breach;
  incident: IncidentView;
  /** When what was done was taken back, where the fault asks for that. */
  takenBackAt: string | null;
}

const QUIET_MS = 60_000;
const OPEN_MS = 60_000;
const CLOSE_MS = 180_000;
const TAKE_BACK_MS = 90_000;
/** So many samples of the healthy service are the "before" of the diagnosis. */
const BASELINE_SAMPLES = 5;
const TARGET = 'service="target-app"';
/** Over seconds, since the demo has no half minute of traffic yet, which service:request_rate:max averages. */
const RATE = `max(sum by (path) (rate(http_server_request_duration_seconds_count{${TARGET}}[5s])))`;

/** @throws Error that names what was waited for in vain */
export async function runFault(stack: Stack, fault: FaultName, say: (line: string) => void): Promise<Told> {
  say('');
  const plan = planOf(fault);
  say(await until('traffic, metrics and a quiet system', QUIET_MS, () => quiet(stack, plan.baseline)));
  say(`fault: ${plan.title}`);
  say('');
  const breach = await plan.cause(stack);
  const tell = (at: Date, what: string, text: string) =>
    say(`${secondsBetween(breach.at, at).toFixed(2).padStart(7)} s  ${what.padEnd(10)} ${text}`);
  tell(breach.at, 'breach', breach.text);
  const onEvent = (event: TimelineEvent) =>
    tell(new Date(event.at), event.stage === 'correlate' ? 'receive' : event.stage, event.text);
  try {
    const incident = await follow(stack, onEvent);
    await breach.end?.();
    const back = plan.takenBack ? await takenBack(stack, incident) : null;
    if (back) onEvent(back);
    return { fault, breach, incident, takenBackAt: back?.at ?? null };
  } catch (error) {
    await breach.end?.();
    throw error;
  }
}

/** What was done for a surge is taken back when its time is up; that stands in the timeline of the closed incident. */
async function takenBack(stack: Stack, { id }: IncidentView): Promise<TimelineEvent> {
  return until('what was done to be taken back', TAKE_BACK_MS, async () => {
    const incident = await oneIncident(stack, id);
    return incident.timeline.find((event) => event.kind === 'taken_back') ?? null;
  });
}

export function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}

/** Prometheus sees traffic and a baseline, the alerting path was heard of, and nothing is wrong. Throws what is missing. */
async function quiet(stack: Stack, baseline = BASELINE_SAMPLES): Promise<string> {
  const incident = await newestIncident(stack);
  if (incident) throw new Error(`there is an incident already: ${incident.id}, ${incident.conclusion}`);
  const need = async (what: string, query: string, least: number) => {
    const value = await promql(stack, query);
    if (value === null || value < least) throw new Error(`${what}: ${query} gives ${value ?? 'nothing'}`);
    return value;
  };
  await need('the Watchdog did not arrive yet', 'max(aegis_watchdog_received_timestamp_seconds)', 1);
  const memory = `service:memory_utilization:max{${TARGET}}`;
  await need('too few samples yet', `min(count_over_time(${memory}[1m]))`, baseline);
  const rate = await need('no traffic yet', RATE, 1);
  const used = await need('no memory reading yet', `max(${memory})`, 0);
  return `traffic: ${rate.toFixed(0)} requests/s, memory at ${(used * 100).toFixed(0)} % of its limit, nothing is wrong`;
}

/**
 * Hands over each event of the incident's timeline once, in order, until it is closed. One that ended by itself (a deploy
 * takes the service down for a second) was not about the fault.
 */
async function follow(stack: Stack, onEvent: (event: TimelineEvent) => void): Promise<IncidentView> {
  let [known, told] = ['', 0];
  const next = async () => {
    const incident = await newestIncident(stack);
    if (!incident) return null;
    if (incident.id !== known) [known, told] = [incident.id, 0];
    for (const event of incident.timeline.slice(told)) onEvent(event);
    told = incident.timeline.length;
    return incident;
  };
  await until('an incident', OPEN_MS, next);
  return until('the end of the incident', CLOSE_MS, async () => {
    const incident = await next();
    return incident?.closedAt && incident.outcome !== 'no_action' ? incident : null;
  });
}

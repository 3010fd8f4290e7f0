/** One turn: quiet, a fault, and how long until a new process answers; by one of the two sides. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../demo/wait.ts';
import { runOk } from '../toolchain/command.ts';
import { type Asked, type Incident, makeAsked } from './ask.ts';
import { watchBreach } from './breach.ts';
import { newProcess } from './health.ts';
import { type BenchFault, FAULTS } from './options.ts';
import { type Addresses, type Project, SERVICE } from './project.ts';
import { withWebhook } from './routes.ts';
import { eventsIn, type Split, splitOf } from './split.ts';
import { type Side, type Turn, untilPhase } from './turns.ts';

export interface Measured extends Turn {
  /** Epoch ms of the breach. */
  breach: number;
  /** From the breach until a new process answered its health endpoint. */
  ms: number;
  split: Split;
  /** What each stage of the responder took until it had acted, in ms; empty for the other side. */
  stages: Record<string, number>;
}

/** Between two scrapes, with the demo's timings. */
const SCRAPE_MS = 1_000;
const BREACH_MS = 90_000;
const ANSWER_MS = 60_000;
const CLOSE_MS = 90_000;
const QUIET_MS = 120_000;
/** Waiting must not be work: two CPUs are not many. */
const POLL_MS = 500;
/** As old as this a process tells what it needs at rest, and the cooldown after the last action is over. */
const GROWN_UP_MS = 15_000;
/** So many samples of the healthy service are the "before" of a diagnosis. */
const BASELINE_SAMPLES = 15;

export interface Bench {
  project: Project;
  addresses: Addresses;
  /** Where Alertmanager calls `webhook`. */
  hook: string;
  fault: BenchFault;
}

/** @returns what measures one turn. It throws where a turn did not go as it must: then there is no figure. */
export function makeMeasure({ project, addresses, hook, fault }: Bench): (turn: Turn) => Promise<Measured> {
  const asked = makeAsked(addresses, project);
  const alertname = FAULTS[fault];
  const { file, shipped } = project.alertmanager;
  const configs: Record<Side, string> = {
    aegisops: shipped,
    webhook: withWebhook(shipped, { service: SERVICE, alertname, url: hook }),
  };
  let called: Side | null = null;

  async function callOnAlert(side: Side): Promise<void> {
    if (called === side) return;
    // In place: the container has this very file.
    await writeFile(file, configs[side]);
    await asked.reload();
    called = side;
  }

  return async (turn) => {
    const { side, phase } = turn;
    await callOnAlert(side);
    await until(`${SERVICE} to be quiet`, QUIET_MS, () => quiet(asked), POLL_MS);
    const known = await asked.incidentIds();
    const watch = watchBreach(project.container, fault, BREACH_MS);
    await sleep(untilPhase(Date.now(), phase, SCRAPE_MS));
    const triggered = Date.now();
    await asked.trigger(fault).catch((error) => {
      watch.stop();
      throw error;
    });
    const breach = await watch.breach;
    const url = `${addresses[SERVICE]}/health`;
    const { answeredAt } = await newProcess({ url, since: breach, limitMs: ANSWER_MS });
    const split = await explain(asked, {
      container: project.container,
      alertname,
      triggered,
      breach,
      answeredAt,
    });
    const incident = await theIncident(asked, known, side);
    const stages = incident ? stagesOf(incident) : {};
    return { ...turn, breach, ms: answeredAt - breach, split, stages };
  };
}

/** Throws what is missing. */
async function quiet(asked: Asked): Promise<true> {
  const age = Date.now() - (await asked.processStart());
  const memory = `service:memory_utilization:max{service="${SERVICE}"}`;
  const samples = (await asked.value(`min(count_over_time(${memory}[1m]))`)) ?? 0;
  const firing = (await asked.value(`count(present_over_time(ALERTS{service="${SERVICE}"}[5s]))`)) ?? 0;
  const [newest] = await asked.incidentIds();
  const open = newest !== undefined && (await asked.incident(newest)).closedAt === null;
  if (age >= GROWN_UP_MS && samples >= BASELINE_SAMPLES && firing === 0 && !open) return true;
  const incident = open ? `incident ${newest} is open` : 'no incident is open';
  throw new Error(`up for ${age} ms, ${samples} samples of its memory, ${firing} alerts fire, ${incident}`);
}

interface Moments {
  container: string;
  alertname: string;
  triggered: number;
  breach: number;
  answeredAt: number;
}

/** Asked afterwards, so that nothing but the health endpoint is asked while time runs. */
async function explain(
  asked: Asked,
  { container, alertname, triggered, breach, answeredAt }: Moments,
): Promise<Split> {
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const output = await runOk('docker', [
    ...['events', '--since', seconds(breach), '--until', seconds(Date.now())],
    ...['--filter', `container=${container}`, '--format', '{{json .}}'],
  ]);
  const fired = `ALERTS{alertname="${alertname}",alertstate="firing",service="${SERVICE}"}[2m]`;
  const firing = (await asked.sampleTimes(fired)).find((at) => at >= triggered);
  if (firing === undefined)
    throw new Error(`${alertname} did not fire, and yet something restarted ${container}`);
  return splitOf({ breach, firing, events: eventsIn(output), answeredAt });
}

/** Ours was cured by one RESTART, and proved; of the other the responder must have heard nothing. */
async function theIncident(asked: Asked, known: string[], side: Side): Promise<Incident | null> {
  const fresh = async () => (await asked.incidentIds()).filter((id) => !known.includes(id));
  if (side === 'webhook') {
    const [stray] = await fresh();
    if (stray) throw new Error(`the responder had an incident, ${stray}, while webhook was to answer`);
    return null;
  }
  const closed = async () => {
    const [id] = await fresh();
    const incident = id ? await asked.incident(id) : null;
    return incident?.closedAt ? incident : null;
  };
  const incident = await until('the incident to end', CLOSE_MS, closed, POLL_MS);
  const done = incident.actions.map(({ action, state }) => `${action} ${state}`).join(', ');
  if (incident.outcome !== 'resolved' || done !== 'RESTART done')
    throw new Error(`${incident.id} ended as ${incident.outcome} (${done}): ${incident.conclusion}`);
  return incident;
}

/** Up to the action; a stage that was passed twice counts with both. */
function stagesOf({ timeline }: Incident): Record<string, number> {
  const stages: Record<string, number> = {};
  for (const { stage, kind, ms } of timeline) {
    if (ms !== null) stages[stage] = (stages[stage] ?? 0) + ms;
    if (kind === 'acted') break;
  }
  return stages;
}

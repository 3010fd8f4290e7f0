/**
 * Outcome -> recovered, not recovered or unknown. Proof is: the process is a new one, its health endpoint answers, the
 * SLI is good in raw samples scraped after the action, and the alert's own expression holds no more. Where all is good
 * but an expression that looks back over minutes, the incident is clearing: it is given that long.
 */
import type { CheckHealth } from '../clients/health.ts';
import type { Prometheus, Series } from '../clients/prometheus.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { wordsOf } from '../errors.ts';
import {
  type ActionRecord,
  actionsMade,
  type Breach,
  episodeOf,
  type Incident,
  type Outcome,
  type Recovery,
  type Target,
} from '../incident/incident.ts';
import { isBad, type Objective } from '../incident/sli.ts';
import { objectivesOf, type Watched } from './objectives.ts';
import { type Check, judge, nextLookMs } from './proof.ts';

/**
 * A path that told of the target within these seconds has to tell again after the action: the Collector passes on the last
 * words of the ended process, which would make the alert fire anew. A path that is silent for longer is gone, and not waited for.
 */
const PATH_ALIVE_SECONDS = 15;

interface Options {
  runtime: Pick<Runtime, 'inspect'>;
  checkHealth: CheckHealth;
  prometheus: Pick<Prometheus, 'raw'>;
  readBreach: (incident: Incident, signal: AbortSignal) => Promise<Breach>;
  inventory: () => Promise<Target[]>;
  timeoutMs: number;
  maxAttempts: number;
  clock: () => Date;
}
export interface Verified {
  /** `again`: not recovered and another attempt is allowed. */
  result: 'recovered' | 'pending' | 'again' | 'ended';
  say: string;
  found: { recovery: Recovery; conclusion: string | null; seen: string[] };
  outcome?: Outcome;
  dueInMs?: number;
}

export function makeVerify(options: Options) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Verified> => {
    const action = incident.actions.filter((one) => one.state === 'done').at(-1);
    if (!action?.settledAt) throw new Error(`${incident.id} is to be verified, but no action is on record`);
    const [breach, ...others] = await Promise.all([
      options.readBreach(incident, signal),
      newProcess(options, action),
      healthy(options, incident, action, signal),
      sliIsGood(options, incident, action, signal),
    ]);
    const checks = [...others.flat(), alertIsGone(breach)];
    const now = options.clock();
    // A repeated action begins its own verification.
    const before = incident.recovery?.since === action.settledAt ? incident.recovery : null;
    const since = new Date(action.settledAt);
    const { result, goodAt } = judge({
      checks,
      now,
      since,
      goodAt: before?.goodAt ? new Date(before.goodAt) : null,
      timeoutMs: options.timeoutMs,
      windowMs: breach.windowSeconds * 1000,
    });
    const recovery = {
      result,
      checks,
      looks: (before?.looks ?? 0) + 1,
      since: action.settledAt,
      at: now.toISOString(),
      goodAt: goodAt?.toISOString() ?? null,
    };
    const verified = conclude(recovery, incident, action, options.maxAttempts);
    return { ...verified, found: { ...verified.found, seen: incident.alerts.map(episodeOf) } };
  };
}

function conclude(
  recovery: Recovery,
  incident: Incident,
  action: ActionRecord,
  maxAttempts: number,
): Omit<Verified, 'found'> & { found: Pick<Verified['found'], 'recovery' | 'conclusion'> } {
  const looks = `${recovery.looks} look(s)`;
  const open = recovery.checks.filter((check) => check.result !== 'pass').map((check) => check.reading);
  if (recovery.result === 'pending') {
    const say = `not proved yet (${open.join('; ')})`;
    return {
      result: 'pending',
      say,
      found: { recovery, conclusion: null },
      dueInMs: nextLookMs(recovery.looks),
    };
  }
  if (recovery.result === 'recovered') {
    const how = recovery.checks.some((check) => check.name.startsWith('sli '))
      ? ''
      : ' (no SLI is known for this alert)';
    const proofs = recovery.checks.map((check) => check.name).join(', ');
    const conclusion = `${action.action} of ${action.instance} helped: proved by ${proofs}${how}`;
    const say = `recovered${how}: ${recovery.checks.map((check) => check.reading).join('; ')}`;
    return { result: 'recovered', say, found: { recovery, conclusion }, outcome: 'resolved' };
  }
  const conclusion = `${action.action} on ${action.instance}: ${recovery.result.replace('_', ' ')} after ${looks}: ${open.join('; ')}`;
  const found = { recovery, conclusion };
  if (recovery.result === 'unknown') return { result: 'ended', say: conclusion, found, outcome: 'escalated' };
  if (actionsMade(incident).length < maxAttempts) return { result: 'again', say: conclusion, found };
  return { result: 'ended', say: conclusion, found, outcome: 'failed' };
}

async function newProcess({ runtime }: Options, action: ActionRecord): Promise<Check> {
  const now = await runtime.inspect(action.instance);
  const isNew = now.state === 'running' && now.identity !== action.before.identity;
  return { name: 'process', result: isNew ? 'pass' : 'fail', reading: `${action.instance}: ${now.reason}` };
}

async function healthy(
  { checkHealth, inventory }: Options,
  incident: Incident,
  action: ActionRecord,
  signal: AbortSignal,
) {
  const target = (await inventory()).find((t) => t.name === incident.target);
  const url = target?.instances.find((instance) => instance.id === action.instance)?.health;
  if (!url) return [];
  const check = (result: Check['result'], reading: string): Check => ({ name: 'health', result, reading });
  try {
    const { healthy: ok, status } = await checkHealth(url, signal);
    return check(ok ? 'pass' : 'fail', `health endpoint answers ${status}`);
  } catch (error) {
    return check('fail', wordsOf(error));
  }
}

async function sliIsGood(
  { prometheus, clock }: Options,
  incident: Incident,
  action: ActionRecord,
  signal: AbortSignal,
) {
  const since = Date.parse(action.settledAt as string);
  const window = Math.min(Math.max((clock().getTime() - since) / 1000, 0) + 5, PATH_ALIVE_SECONDS);
  return Promise.all(
    objectivesOf(incident, action).map(async (watched): Promise<Check> => {
      const { sli } = watched.objective;
      const name = `sli ${sli.name}`;
      try {
        const series = await prometheus.raw(sli.selector(incident.target), window, signal);
        return { name, ...readingOf(watched.objective, newest(series, watched, since)) };
      } catch (error) {
        return { name, result: 'unknown', reading: wordsOf(error) };
      }
    }),
  );
}

/** The last value of each series that is watched; null where it was measured before `since` (epoch ms). */
function newest(series: Series[], watched: Watched, since: number): (number | null)[] {
  return series
    .filter((one) => watched.covers(one.labels))
    .flatMap((one) => one.points.slice(-1))
    .map(([at, value]) => (at * 1000 > since ? value : null));
}

/** A gauge needs one sample from after the action on each path that is alive; the worst of them counts. */
function readingOf(objective: Objective, values: (number | null)[]): Omit<Check, 'name'> {
  const { sli, threshold } = objective;
  const fresh = values.filter((value) => value !== null);
  if (fresh.length === 0)
    return { result: 'unknown', reading: `no sample of ${sli.name} from after the action yet` };
  const worst = sli.worst(fresh);
  const reading = `${sli.name} is ${Number(worst.toPrecision(3))} in ${fresh.length} sample(s) from after the action, threshold ${threshold}`;
  if (isBad(objective, worst)) return { result: 'fail', reading };
  const silent = values.length - fresh.length;
  if (silent > 0) return { result: 'unknown', reading: `${reading}; ${silent} more series to come` };
  return { result: 'pass', reading };
}

function alertIsGone({ state, reading }: Breach): Check {
  const result = ({ gone: 'pass', holds: 'fail', unreadable: 'unknown' } as const)[state];
  return { name: 'alert', result, reading };
}

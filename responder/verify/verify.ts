/**
 * Outcome -> recovered, not recovered or unknown. Proof is: the process is a new one, its health endpoint answers, the
 * SLI is good in raw samples scraped after the action, and the alert's own expression holds no more.
 */
import type { CheckHealth } from '../clients/health.ts';
import type { Prometheus } from '../clients/prometheus.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { wordsOf } from '../errors.ts';
import type { ActionRecord, Alert, Incident, Outcome, Recovery, Target } from '../incident/incident.ts';
import { concerns, isBad, type Objective, objectiveOf } from '../incident/sli.ts';
import { type Check, judge, nextLookMs } from './proof.ts';

interface Options {
  runtime: Pick<Runtime, 'inspect'>;
  checkHealth: CheckHealth;
  prometheus: Pick<Prometheus, 'raw'>;
  readBreach: (
    alerts: Alert[],
    signal: AbortSignal,
  ) => Promise<{ state: 'holds' | 'gone' | 'unreadable'; reading: string }>;
  inventory: () => Promise<Target[]>;
  timeoutMs: number;
  maxAttempts: number;
  clock: () => Date;
}
export interface Verified {
  /** `again`: not recovered and another attempt is allowed. */
  result: 'recovered' | 'pending' | 'again' | 'ended';
  say: string;
  found: { recovery: Recovery; conclusion: string | null };
  outcome?: Outcome;
  dueInMs?: number;
}

export function makeVerify(options: Options) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Verified> => {
    const action = incident.actions.filter((one) => one.state === 'done').at(-1);
    if (!action?.settledAt) throw new Error(`${incident.id} is to be verified, but no action is on record`);
    const checks = (
      await Promise.all([
        newProcess(options, action),
        healthy(options, incident, action, signal),
        sliIsGood(options, incident, action, signal),
        alertIsGone(options, incident, signal),
      ])
    ).flat();
    const now = options.clock();
    // A repeated action begins its own verification.
    const before = incident.recovery?.since === action.settledAt ? incident.recovery.looks : 0;
    const waitedMs = now.getTime() - Date.parse(action.settledAt);
    const result = judge(checks, waitedMs, options.timeoutMs);
    const recovery = { result, checks, looks: before + 1, since: action.settledAt, at: now.toISOString() };
    return conclude(recovery, incident, action, options.maxAttempts);
  };
}

function conclude(
  recovery: Recovery,
  incident: Incident,
  action: ActionRecord,
  maxAttempts: number,
): Verified {
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
    const conclusion = `${action.action} on ${action.instance} helped, proved in ${looks}`;
    const say = `recovered: ${recovery.checks.map((check) => check.reading).join('; ')}`;
    return { result: 'recovered', say, found: { recovery, conclusion }, outcome: 'resolved' };
  }
  const conclusion = `${action.action} on ${action.instance}: ${recovery.result.replace('_', ' ')} after ${looks}: ${open.join('; ')}`;
  const found = { recovery, conclusion };
  if (recovery.result === 'unknown') return { result: 'ended', say: conclusion, found, outcome: 'escalated' };
  if (incident.attempts < maxAttempts) return { result: 'again', say: conclusion, found };
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
  const window = (clock().getTime() - since) / 1000 + 5;
  const checks: Check[] = [];
  // Resolved alerts too: that Alertmanager says so is no proof of ours.
  for (const alert of incident.alerts) {
    const objective = objectiveOf(alert);
    if (!objective) continue;
    const name = `sli ${objective.sli.name}`;
    try {
      const series = await prometheus.raw(objective.sli.selector(incident.target), window, signal);
      const values = series
        .filter((one) => concerns(alert, one.labels))
        .flatMap((one) =>
          one.points
            .filter(([at]) => at * 1000 > since)
            .map(([, value]) => value)
            .slice(-1),
        );
      checks.push({ name, ...readingOf(objective, values) });
    } catch (error) {
      checks.push({ name, result: 'unknown', reading: wordsOf(error) });
    }
  }
  return checks;
}

/** A gauge needs one sample from after the action; of several paths and instances the worst one counts. */
function readingOf(objective: Objective, values: number[]): Omit<Check, 'name'> {
  const { sli, threshold } = objective;
  if (values.length === 0)
    return { result: 'unknown', reading: `no sample of ${sli.name} from after the action yet` };
  const worst = sli.worst(values);
  const reading = `${sli.name} is ${Number(worst.toPrecision(3))} in ${values.length} sample(s) from after the action, threshold ${threshold}`;
  return { result: isBad(objective, worst) ? 'fail' : 'pass', reading };
}

async function alertIsGone({ readBreach }: Options, incident: Incident, signal: AbortSignal): Promise<Check> {
  const { state, reading } = await readBreach(incident.alerts, signal);
  const result = ({ gone: 'pass', holds: 'fail', unreadable: 'unknown' } as const)[state];
  return { name: 'alert', result, reading };
}

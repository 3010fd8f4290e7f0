/**
 * Outcome -> recovered, not recovered or unknown. Proof is: the process is a new one (and stays up, after a crash loop), its
 * health endpoint answers, the SLI is good in raw samples scraped after the action, and the alert's own expression holds no
 * more. An expression that looks back for longer than the time to verify says nothing of now: then samples decide, and it
 * is watched after the close.
 */
import type { CheckHealth } from '../clients/health.ts';
import type { Prometheus } from '../clients/prometheus.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { wordsOf } from '../errors.ts';
import type { ReadExits } from '../incident/exits.ts';
import { SLACK_MS } from '../incident/freshness.ts';
import {
  type ActionRecord,
  actionsMade,
  type Breach,
  episodeOf,
  type Incident,
  type Outcome,
  REVERSIBLE,
  type Recovery,
  type Target,
} from '../incident/incident.ts';
import type { Measure, Selector } from '../incident/sli.ts';
import { objectivesOf } from './objectives.ts';
import { type Check, judge, nextLookMs } from './proof.ts';
import { readingOf, type Samples } from './samples.ts';
import { staysUp } from './stays-up.ts';

/** So much from before the action tells a counter that is new from one that was only not seen for a while. */
const BEFORE_SECONDS = 60;
/** Of a long verification the beginning is left out. */
const LONGEST_WINDOW_SECONDS = 180;

interface Options {
  runtime: Pick<Runtime, 'inspect' | 'proved' | 'toLast'>;
  checkHealth: CheckHealth;
  prometheus: Pick<Prometheus, 'raw'>;
  readBreach: (incident: Incident, signal: AbortSignal, fitSeconds: number) => Promise<Breach>;
  inventory: () => Promise<Target[]>;
  /** Null where the runtime does not tell how instances end. */
  exits?: ReadExits | null;
  timeoutMs: number;
  maxAttempts: number;
  clock: () => Date;
}
export interface Verified {
  /** `undo`: not recovered, and what was done can be taken back; `again`: it cannot, and another attempt is allowed. */
  result: 'recovered' | 'pending' | 'undo' | 'again' | 'ended';
  say: string;
  found: Conclusion & { seen: string[] };
  outcome?: Outcome;
  dueInMs?: number;
}

interface Conclusion {
  recovery: Recovery;
  conclusion: string | null;
  undoing?: string;
  watchUntil?: string | null;
}

export function makeVerify(options: Options) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Verified> => {
    const action = incident.actions.filter((one) => one.state === 'done').at(-1);
    if (!action?.settledAt) throw new Error(`${incident.id} is to be verified, but no action is on record`);
    const fitMs = Math.max(0, options.timeoutMs - SLACK_MS);
    const [breach, ...others] = await Promise.all([
      options.readBreach(incident, signal, fitMs / 1000),
      asIntended(options, action),
      outOfLoop(options, incident, action, fitMs),
      healthy(options, incident, action, signal),
      sliIsGood(options, incident, action, signal),
    ]);
    const checks = [...others.flat(), alertIsGone(breach)];
    const now = options.clock();
    // A repeated action begins its own verification.
    const before = incident.recovery?.since === action.settledAt ? incident.recovery : null;
    const since = new Date(action.settledAt);
    const { timeoutMs } = options;
    const { result, watchMs } = judge({ checks, now, since, timeoutMs, lookingBack: breach.lookingBack });
    const recovery = {
      result,
      checks,
      looks: (before?.looks ?? 0) + 1,
      since: action.settledAt,
      at: now.toISOString(),
    };
    const verified = conclude(recovery, incident, action, options);
    if (verified.result === 'recovered')
      for (const { instance } of action.before.instances)
        await options.runtime.proved(instance, action.id).catch(() => undefined); // the runtime clears up by itself later
    const watchUntil = watchMs === null ? null : new Date(now.getTime() + watchMs).toISOString();
    return { ...verified, found: { ...verified.found, watchUntil, seen: incident.alerts.map(episodeOf) } };
  };
}

function conclude(
  recovery: Recovery,
  incident: Incident,
  action: ActionRecord,
  { maxAttempts, runtime }: Pick<Options, 'maxAttempts' | 'runtime'>,
): Omit<Verified, 'found'> & { found: Conclusion } {
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
    const lasting = action.before.to === null ? null : runtime.toLast(action.before.to);
    const conclusion = `${action.action} of ${action.instance} helped: proved by ${proofs}${how}${lasting ? `; ${lasting}` : ''}`;
    const say = `recovered${how}: ${recovery.checks.map((check) => check.reading).join('; ')}`;
    return { result: 'recovered', say, found: { recovery, conclusion }, outcome: 'resolved' };
  }
  const conclusion = `${action.action} on ${action.instance}: ${recovery.result.replace('_', ' ')} after ${looks}: ${open.join('; ')}`;
  const found = { recovery, conclusion };
  if (recovery.result === 'unknown') return { result: 'ended', say: conclusion, found, outcome: 'escalated' };
  if (REVERSIBLE.has(action.action)) {
    const say = `${conclusion}; it is taken back`;
    return { result: 'undo', say, found: { ...found, undoing: action.id } };
  }
  if (actionsMade(incident).length < maxAttempts) return { result: 'again', say: conclusion, found };
  return { result: 'ended', say: conclusion, found, outcome: 'failed' };
}

/** What runs now is what the action started, and for a rollback the release that was meant. */
async function asIntended({ runtime }: Options, action: ActionRecord): Promise<Check[]> {
  return Promise.all(
    action.before.instances.map(async (before) => {
      const now = await runtime.inspect(before.instance);
      const runs = now.state === 'running' && now.identity !== before.identity;
      const meant = action.before.to === null || now.version === action.before.to;
      const version = now.version ? `, release ${now.version}` : '';
      const reading = `${before.instance}: ${now.reason}${version}`;
      return { name: 'process', result: runs && meant ? 'pass' : 'fail', reading };
    }),
  );
}

/** A crash loop looks well between two crashes, so more is asked of what ended one. */
async function outOfLoop(
  { exits = null, clock }: Options,
  incident: Incident,
  action: ActionRecord,
  longestMs: number,
): Promise<Check[]> {
  if (!exits || incident.diagnosis?.category !== 'crash_loop') return [];
  const look = { readExits: exits, now: clock(), longestMs };
  const unread = (error: unknown): Check => ({
    name: 'stays up',
    result: 'unknown',
    reading: wordsOf(error),
  });
  return [await staysUp(look, incident, action).catch(unread)];
}

async function healthy(
  { checkHealth, inventory }: Options,
  incident: Incident,
  action: ActionRecord,
  signal: AbortSignal,
) {
  const target = (await inventory()).find((t) => t.name === incident.target);
  const acted = action.before.instances.map(({ instance }) => instance);
  const asked = target?.instances.filter(({ id, health }) => acted.includes(id) && health) ?? [];
  return Promise.all(
    asked.map(async ({ id, health }): Promise<Check> => {
      const of = acted.length > 1 ? ` of ${id}` : '';
      try {
        const { healthy: ok, status } = await checkHealth(health as string, signal);
        const reading = `health endpoint${of} answers ${status}`;
        return { name: 'health', result: ok ? 'pass' : 'fail', reading };
      } catch (error) {
        return { name: 'health', result: 'fail', reading: wordsOf(error) };
      }
    }),
  );
}

async function sliIsGood(
  { prometheus, clock }: Options,
  incident: Incident,
  action: ActionRecord,
  signal: AbortSignal,
) {
  const since = Date.parse(action.settledAt as string) / 1000;
  const now = clock().getTime() / 1000;
  const window = Math.min(Math.max(now - since, 0) + BEFORE_SECONDS, LONGEST_WINDOW_SECONDS);
  return Promise.all(
    objectivesOf(incident, action).map(async (watched): Promise<Check> => {
      const { sli } = watched.objective;
      const name = `sli ${sli.name}`;
      const read = async (selector: Selector) => {
        const series = await prometheus.raw(selector(incident.target), window, signal);
        return series.filter((one) => watched.covers(one.labels));
      };
      try {
        const samples = await samplesOf(sli.measure, read);
        return { name, ...readingOf(watched.objective, samples, { since, now }) };
      } catch (error) {
        return { name, result: 'unknown', reading: wordsOf(error) };
      }
    }),
  );
}

async function samplesOf(
  measure: Measure,
  read: (selector: Selector) => Promise<Samples['series']>,
): Promise<Samples> {
  if (measure.kind === 'gauge') return { series: await read(measure.selector), whole: [] };
  if (measure.kind === 'quantile') return { series: await read(measure.buckets), whole: [] };
  if (measure.kind === 'recorded') return { series: [], whole: [] };
  const [series, whole] = await Promise.all([read(measure.part), read(measure.whole)]);
  return { series, whole };
}

/** One that looks back too far holds on and is watched: then it is not what proves anything. */
function alertIsGone({ state, reading, lookingBack }: Breach): Check {
  const result = ({ gone: 'pass', holds: 'fail', unreadable: 'unknown' } as const)[state];
  return { name: lookingBack ? 'alert (watched)' : 'alert', result, reading };
}

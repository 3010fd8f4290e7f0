/** The metrics of the responder (prom-client). No label holds an id; unknown names become `other`. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { wordsOf } from '../errors.ts';
import type { ExitCount } from '../incident/exits.ts';
import type { ActionRecord } from '../incident/incident.ts';
import type { News, Sink } from './announce.ts';

interface Options {
  registry: Registry;
  /** Names that may become label values; everything else is `other`. */
  knownTargets: () => Promise<string[]>;
  knownAlerts: () => Promise<string[]>;
}

export function makeMetricsSink({ registry, knownTargets, knownAlerts }: Options): Sink {
  const meters = makeMeters(registry);
  return {
    name: 'metrics',
    async tell(news) {
      meters.stageSeconds.observe({ stage: news.stage }, news.ms / 1000);
      tellStage(meters, news);
      if (!news.outcome) return;
      const alert = news.incident.alerts[0]?.name ?? 'other';
      const labels = {
        alertname: (await knownAlerts().catch(() => [] as string[])).includes(alert) ? alert : 'other',
        target: (await knownTargets().catch(() => [] as string[])).includes(news.incident.target)
          ? news.incident.target
          : 'other',
        outcome: news.outcome,
      };
      meters.incidents.inc(labels);
      meters.incidentSeconds.observe((Date.now() - Date.parse(news.incident.startsAt)) / 1000);
    },
  };
}

type Meters = ReturnType<typeof makeMeters>;
function makeMeters(registry: Registry) {
  const registers = [registry];
  return {
    incidents: new Counter({
      name: 'aegis_incidents_total',
      help: 'Incidents that ended.',
      labelNames: ['alertname', 'target', 'outcome'],
      registers,
    }),
    incidentSeconds: new Histogram({
      name: 'aegis_incident_duration_seconds',
      help: 'From the start of the first alert to the end of the incident.',
      buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600],
      registers,
    }),
    stageSeconds: new Histogram({
      name: 'aegis_stage_duration_seconds',
      help: 'How long one run of a stage took.',
      labelNames: ['stage'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    diagnoses: new Counter({
      name: 'aegis_diagnoses_total',
      help: 'Answers and failures of diagnosers.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    actions: new Counter({
      name: 'aegis_actions_total',
      help: 'Actions on a runtime.',
      labelNames: ['action', 'runtime', 'outcome'],
      registers,
    }),
    denials: new Counter({
      name: 'aegis_guard_denials_total',
      help: 'Actions that a guard refused.',
      labelNames: ['guard'],
      registers,
    }),
  };
}

/** `news.incident` is the record after the stage. */
function tellStage(meters: Meters, { stage, result, incident }: News): void {
  const { diagnosis, verdict } = incident;
  if (stage === 'diagnose' && diagnosis) {
    for (const { provider, why = 'fell_through' } of diagnosis.fallthrough)
      meters.diagnoses.inc({ provider, outcome: why });
    meters.diagnoses.inc({
      provider: diagnosis.provider,
      outcome: diagnosis.category === 'unknown' ? 'unknown' : 'answered',
    });
  }
  if (stage === 'guard' && result === 'denied')
    meters.denials.inc({ guard: verdict?.checks.at(-1)?.guard ?? 'none' });
  const action = incident.actions.at(-1);
  if (stage !== 'remediate' || !action) return;
  const outcome = outcomeOf(action, result, verdict?.hash);
  if (outcome) meters.actions.inc({ action: action.action, runtime: action.runtime, outcome });
}

const UNDONE: Record<string, string> = {
  undone: 'undone',
  taken_back: 'undone',
  take_back_failed: 'undo_failed',
};

/**
 * Null where this run of the stage made nothing of the action: stopped before it acted, the last action on record is an
 * earlier attempt's; stopped before it was undone, it was counted as done already.
 */
function outcomeOf(action: ActionRecord, result: string, hash: string | undefined): string | null {
  if (UNDONE[result]) return UNDONE[result];
  if (result === 'stopped' && action.undo?.state === 'failed') return 'undo_failed';
  const isThisOne = action.state !== 'intended' && action.verdictHash === hash;
  return isThisOne && (action.state !== 'done' || result === 'acted') ? action.state : null;
}

interface StandingOptions {
  registry: Registry;
  /** Read at every scrape, so that all replicas agree. */
  openStates: () => Promise<{ target: string; state: string }[]>;
  targets: () => Promise<{ name: string; instances: { id: string }[] }[]>;
  lastWatchdog: () => Promise<Date | null>;
  /** Ends of instances that nobody asked for; null where the runtime does not tell them. */
  exits?: (() => Promise<ExitCount[]>) | null;
  onError: (words: string) => void;
}

/** What stands in the database and the inventory rather than in this process. */
export function registerStanding(options: StandingOptions): void {
  const { registry, openStates, targets, lastWatchdog, exits = null, onError } = options;
  const registers = [registry];
  /** What cannot be read now is left out; the other metrics are served all the same. */
  const or = (work: () => Promise<void>) => work().catch((error) => onError(`metrics: ${wordsOf(error)}`));
  new Gauge({
    name: 'aegis_incident_stage',
    help: '1 for the state that the open incident of a target is in.',
    labelNames: ['target', 'stage'],
    registers,
    async collect() {
      this.reset();
      await or(async () => {
        const known = new Set((await targets()).map((t) => t.name));
        for (const { target, state } of await openStates())
          this.set({ target: known.has(target) ? target : 'other', stage: state }, 1);
      });
    },
  });
  new Gauge({
    name: 'aegis_target_instances_expected',
    help: 'Instances of each target in the inventory.',
    labelNames: ['target'],
    registers,
    async collect() {
      this.reset();
      await or(async () => {
        for (const { name, instances } of await targets()) this.set({ target: name }, instances.length);
      });
    },
  });
  new Gauge({
    name: 'aegis_watchdog_received_timestamp_seconds',
    help: 'When the Watchdog alert last came in, in epoch seconds; 0 for never.',
    registers,
    async collect() {
      // The last reading stays while the database is away; its age is what ResponderSilent looks at.
      await or(async () => this.set(((await lastWatchdog())?.getTime() ?? 0) / 1000));
    },
  });
  if (exits) registerExits(options, exits, or);
}

const REASONS = ['oom', 'error'] as const;

/**
 * Every instance of the inventory from 0 on, so that its first end is an increase; and no other, so that what is gone does
 * not stay for ever. Set in one go once all is read: two scrapes at once must not add up.
 */
function registerExits(
  { registry, targets }: StandingOptions,
  exits: () => Promise<ExitCount[]>,
  or: (work: () => Promise<void>) => Promise<void>,
): void {
  new Counter({
    name: 'aegis_target_exits_total',
    help: 'Ends of instances that nobody asked for, by reason: oom (killed by the kernel for its memory limit) or error.',
    labelNames: ['target', 'instance', 'reason'],
    registers: [registry],
    async collect() {
      await or(async () => {
        const [known, counted] = await Promise.all([targets(), exits()]).catch((error) => {
          this.reset();
          throw error;
        });
        const counts = new Map(
          counted.map((one) => [keyOf(one.target, one.instance, one.reason), one.count]),
        );
        this.reset();
        for (const { name: target, instances } of known)
          for (const { id: instance } of instances)
            for (const reason of REASONS)
              this.inc({ target, instance, reason }, counts.get(keyOf(target, instance, reason)) ?? 0);
      });
    },
  });
}

const keyOf = (...names: string[]) => JSON.stringify(names);

/** Counts what models take and cost, whether or not their answer was of use. */
export function makeModelMeter(registry: Registry) {
  const registers = [registry];
  const tokens = new Counter({
    name: 'aegis_model_tokens_total',
    help: 'Tokens by provider and kind: in (asked) or out (answered, with what was thought before).',
    labelNames: ['provider', 'kind'],
    registers,
  });
  const cost = new Counter({
    name: 'aegis_model_cost_usd_total',
    help: 'Dollars, by the prices of the settings.',
    registers,
  });
  return (provider: string, spent: { in: number; out: number }, usd: number): void => {
    tokens.inc({ provider, kind: 'in' }, spent.in);
    tokens.inc({ provider, kind: 'out' }, spent.out);
    cost.inc(usd);
  };
}

/** Counts alerts as they come in. */
export function makeAlertCounter(registry: Registry): (status: string) => void {
  const counter = new Counter({
    name: 'aegis_alerts_received_total',
    help: 'Alerts by status: firing, resolved, rejected.',
    labelNames: ['status'],
    registers: [registry],
  });
  return (status) => counter.inc({ status });
}

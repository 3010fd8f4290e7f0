/** The guards, in order. Each is a pure function of the facts and gives its reason; the first refusal wins. */
import type { Halt } from '../incident/control.ts';
import { startOf, valueNow } from '../incident/freshness.ts';
import {
  type ActionRecord,
  actionsMade,
  type Category,
  type Diagnosis,
  type Evidence,
  type Incident,
  type Target,
} from '../incident/incident.ts';
import { MEMORY_NEAR_LIMIT } from '../incident/sli.ts';
import type { PlannedAction } from '../incident/verdict.ts';

export interface Policy {
  minConfidence: number;
  cooldownSeconds: number;
  maxAttempts: number;
  /** Evidence older than this says nothing about now. */
  staleSeconds: number;
}
export interface Facts {
  incident: Incident;
  diagnosis: Diagnosis;
  planned: PlannedAction;
  /** Null when the inventory does not know the target. */
  target: Target | null;
  policy: Policy;
  halt: Halt;
  /** Actions on the target within the cooldown, newest first. */
  recentActions: ActionRecord[];
  now: Date;
}
/** A guard's word. `gone`: refused because there is nothing left to do; `stale`: because it has to be looked at again. */
export interface Word {
  allowed: boolean;
  reason: string;
  gone?: boolean;
  stale?: boolean;
}
export interface Guard {
  name: string;
  check: (facts: Facts) => Word;
}

const yes = (reason: string): Word => ({ allowed: true, reason });
const no = (reason: string): Word => ({ allowed: false, reason });

/**
 * Whatever the labels say, we do not operate on what we stand on: known by its name, by that of an instance
 * (`postgres-1`), and by that of a container of our own Compose project (`aegisops-postgres-1`).
 */
const OWN_PART =
  /^(?:aegis(?:ops)?[-_])?(?:responder|aegisops|postgres|prometheus|alertmanager|otel-collector|grafana|ollama)(?:[-_]\d+)?$/i;
/** So slow that evidence is always too old by the time it could be used: a person will not get it in time, either. */
const MOST_STALE_ROUNDS = 3;
/** Causes that starting the process anew clears. */
const CLEARED_BY_RESTART: ReadonlySet<Category> = new Set(['memory_leak', 'process_down']);

export const GUARDS: Guard[] = [
  {
    name: 'halt',
    check: ({ halt }) => (halt.on ? no(`halted by ${halt.by} at ${halt.at}`) : yes('no halt is set')),
  },
  { name: 'inventory', check: inventory },
  { name: 'state', check: state },
  { name: 'confidence', check: confidence },
  { name: 'preconditions', check: preconditions },
  { name: 'cooldown', check: cooldown },
  { name: 'autonomy', check: autonomy },
];

function inventory({ planned, target }: Facts): Word {
  if (OWN_PART.test(planned.target) || OWN_PART.test(planned.instance ?? ''))
    return no(`${planned.target} is a part of AegisOps itself and never a target`);
  if (!target) return no(`${planned.target} is not in the inventory`);
  if (!target.enabled) return no(`${planned.target} is not opted in (aegis.enable=true)`);
  if (!target.actions.includes(planned.action))
    return no(
      `${planned.action} is not allowed for ${planned.target} (aegis.actions=${target.actions.join(',') || 'none'})`,
    );
  if (!target.instances.some((i) => i.id === planned.instance))
    return no(
      planned.instance
        ? `${planned.instance} is no instance of ${planned.target}`
        : `the evidence singles out none of the ${target.instances.length} instances of ${planned.target}`,
    );
  return yes(`${planned.target} is opted in and allows ${planned.action} on ${planned.instance}`);
}

function state({ incident, policy, now }: Facts): Word {
  const firing = incident.alerts.filter((alert) => alert.status === 'firing');
  if (firing.length === 0) return { ...no('every alert of the incident is resolved'), gone: true };
  const age = incident.evidenceAt
    ? (now.getTime() - Date.parse(incident.evidenceAt)) / 1000
    : Number.POSITIVE_INFINITY;
  if (!(age <= policy.staleSeconds))
    return {
      ...no(`the evidence is ${Math.round(age)} s old, more than ${policy.staleSeconds} s`),
      stale: incident.staleRounds < MOST_STALE_ROUNDS,
    };
  return yes(`${firing.length} alert(s) firing, evidence ${age.toFixed(1)} s old`);
}

function confidence({ incident, diagnosis, policy }: Facts): Word {
  if (!(diagnosis.confidence >= policy.minConfidence))
    return no(`confidence ${diagnosis.confidence} is below ${policy.minConfidence}`);
  const known = new Set(incident.evidence.map((e) => e.id));
  const missing = diagnosis.citations.filter((id) => !known.has(id));
  if (diagnosis.citations.length === 0) return no('the diagnosis cites no evidence');
  if (missing.length > 0) return no(`the diagnosis cites ${missing.join(', ')}, which does not exist`);
  return yes(`confidence ${diagnosis.confidence}, cites ${diagnosis.citations.join(', ')}`);
}

function preconditions({ incident, diagnosis, planned }: Facts): Word {
  if (planned.action !== 'RESTART') return no(`${planned.action} is not known to this version`);
  if (!CLEARED_BY_RESTART.has(diagnosis.category))
    return no(`a restart does not clear ${diagnosis.category}`);
  if (incident.actions.some((a) => isEarlierRestart(planned, a)))
    return no(`a restart of ${planned.instance} was tried in this incident and did not help`);
  const cited = incident.evidence.filter((e) => diagnosis.citations.includes(e.id) && e.status === 'ok');
  const startedAt = startOf(incident.evidence, planned.instance);
  const shown = cited.some((e) => bearsOut(e, diagnosis.category, planned.instance, startedAt));
  if (!shown) return no(`no cited evidence shows ${diagnosis.category} of ${planned.instance}`);
  return yes(`a restart clears ${diagnosis.category}, and cited evidence shows it`);
}

/** Withdrawn ones were never made, and this attempt's own intent, left by a crash, is no earlier try. */
function isEarlierRestart({ instance, attempt }: PlannedAction, action: ActionRecord): boolean {
  const isThisOne = action.state === 'intended' && action.attempt === attempt;
  const isMade = action.state !== 'withdrawn' && !isThisOne;
  return action.action === 'RESTART' && action.instance === instance && isMade;
}

/** Evidence that by itself, whatever the diagnosis says in words, shows what a restart would clear. */
function bearsOut(
  evidence: Evidence,
  category: Category,
  instance: string | null,
  startedAt: string | null,
): boolean {
  const { data } = evidence;
  if (category === 'memory_leak')
    return (
      data.kind === 'signal' &&
      data.signal?.name === 'memory_utilization' &&
      data.signal.instance === instance &&
      valueNow(evidence, startedAt) > MEMORY_NEAR_LIMIT
    );
  return (
    data.kind === 'container' && data.container?.instance === instance && data.container?.state === 'exited'
  );
}

function cooldown({ incident, recentActions, policy, now }: Facts): Word {
  const made = actionsMade(incident).length;
  if (made >= policy.maxAttempts)
    return no(`${made} action(s) were tried already, the cap is ${policy.maxAttempts}`);
  const other = recentActions.find((action) => action.incidentId !== incident.id);
  if (other) {
    const ago = Math.round((now.getTime() - Date.parse(other.intendedAt)) / 1000);
    return no(
      `${other.action} on ${other.instance} was ${ago} s ago, the cooldown is ${policy.cooldownSeconds} s`,
    );
  }
  return yes(
    `attempt ${made + 1} of ${policy.maxAttempts}, no other action within ${policy.cooldownSeconds} s`,
  );
}

function autonomy({ target, planned }: Facts): Word {
  const level = target?.autonomy ?? 'observe';
  if (level === 'auto') return yes('autonomy is auto');
  return no(`autonomy is ${level}: would have done ${planned.action} on ${planned.instance}`);
}

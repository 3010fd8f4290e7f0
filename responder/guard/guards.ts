/** The guards, in order. Each is a pure function of the facts and gives its reason; the first refusal wins. */
import { actionsMade } from '../incident/incident.ts';
import type { PlannedAction } from '../incident/verdict.ts';
import { authority } from './authority.ts';
import { type Facts, type Guard, no, type Word, yes } from './facts.ts';
import { preconditions } from './preconditions.ts';

/**
 * Whatever the labels say, we do not operate on what we stand on: known by its name, by that of an instance
 * (`postgres-1`), and by that of a container of our own Compose project (`aegisops-postgres-1`).
 */
const OWN_PART =
  /^(?:aegis(?:ops)?[-_])?(?:responder|aegisops|postgres|prometheus|alertmanager|otel-collector|grafana|ollama)(?:[-_]\d+)?$/i;
/** So slow that evidence is always too old by the time it could be used: a person will not get it in time, either. */
const MOST_STALE_ROUNDS = 3;
export const GUARDS: Guard[] = [
  { name: 'halt', check: halt },
  { name: 'inventory', check: inventory },
  { name: 'person', check: person },
  { name: 'state', check: state },
  { name: 'confidence', check: confidence },
  { name: 'preconditions', check: preconditions },
  { name: 'cooldown', check: cooldown },
  { name: 'flapping', check: flapping },
  // Those that may ask a person stand last: nobody is asked about what is refused anyway.
  { name: 'authority', check: authority },
  { name: 'autonomy', check: autonomy },
];
/** What is asked before something of ours is taken back: no new reason is needed for that, only that nobody forbids it. */
export const UNDO_GUARDS: Guard[] = [
  { name: 'halt', check: halt },
  { name: 'opt-in', check: optIn },
  { name: 'person', check: person },
];

function halt({ halt: { on, by, at } }: Facts): Word {
  return on ? no(`halted by ${by} at ${at}`) : yes('no halt is set');
}

function optIn({ planned, target }: Facts): Word {
  const touched =
    planned.instance === null ? (target?.instances ?? []).map(({ id }) => id) : [planned.instance];
  const own = [planned.target, ...touched].find((name) => OWN_PART.test(name));
  if (own) return no(`${own} is a part of AegisOps itself and never a target`);
  if (!target) return no(`${planned.target} is not in the inventory`);
  if (!target.enabled) return no(`${planned.target} is not opted in (aegis.enable=true)`);
  return yes(`${planned.target} is opted in`);
}

function inventory(facts: Facts): Word {
  const { planned, target } = facts;
  const opted = optIn(facts);
  if (!opted.allowed || !target) return opted;
  const { instances, maxReplicas } = target;
  if (!target.actions.includes(planned.action))
    return no(
      `${planned.action} is not allowed for ${planned.target} (aegis.actions=${target.actions.join(',') || 'none'})`,
    );
  if (planned.action === 'SCALE_UP' && instances.length >= maxReplicas)
    return no(
      `${planned.target} has ${instances.length} instances already (aegis.max-replicas=${maxReplicas})`,
    );
  if (planned.instance !== null && !instances.some((i) => i.id === planned.instance))
    return no(`${planned.instance} is no instance of ${planned.target}`);
  if (planned.action === 'RESTART' && planned.instance === null)
    return no(`the evidence singles out none of the ${instances.length} instances of ${planned.target}`);
  return yes(
    `${planned.target} is opted in and allows ${planned.action}${planned.instance ? ` on ${planned.instance}` : ''}`,
  );
}

/** Taken, or silenced in Alertmanager: either way somebody is at it. */
function person({ hold, silence, planned }: Facts): Word {
  if (hold) return no(`${hold.by} has ${hold.target} until ${hold.until} (${hold.incidentId})`);
  if (typeof silence === 'string')
    return no(`whether ${planned.target} is silenced cannot be told: ${silence}`);
  if (silence)
    return no(`${planned.target} is silenced by ${silence.by} until ${silence.endsAt}: "${silence.comment}"`);
  return yes('nobody has taken or silenced it');
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

function cooldown({ incident, recentActions, policy, now }: Facts): Word {
  const made = actionsMade(incident).length;
  if (made >= policy.maxAttempts)
    return no(`${made} action(s) were tried already, the cap is ${policy.maxAttempts}`);
  const since = now.getTime() - policy.cooldownSeconds * 1000;
  const other = recentActions.find(
    (action) => action.incidentId !== incident.id && Date.parse(action.intendedAt) > since,
  );
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

function flapping({ cures, policy }: Facts): Word {
  const { flappingLimit } = policy;
  if (cures >= flappingLimit)
    return no(`the same alert was cured ${cures} times within the hour and came back: the cause is another`);
  return yes(`the same alert was cured ${cures} time(s) within the hour, fewer than ${flappingLimit}`);
}

function autonomy({ target, planned, approval }: Facts): Word {
  const level = target?.autonomy ?? 'observe';
  const on = planned.instance ?? planned.target;
  if (level === 'auto') return yes('autonomy is auto');
  if (level !== 'approve')
    return no(
      `autonomy is ${level}${because(target?.limit)}: would have done ${planned.action} on ${on}${toward(planned)}`,
    );
  if (approval?.decision === 'approved')
    return yes(`${planned.action} was approved by ${approval.decidedBy} at ${approval.decidedAt}`);
  if (approval?.decision === 'rejected') return no(`${planned.action} was rejected by ${approval.decidedBy}`);
  return {
    ...no(`autonomy is approve: ${planned.action} on ${on}${toward(planned)} waits for a yes`),
    ask: true,
  };
}

function because(limit: string | null | undefined): string {
  return limit ? ` (${limit})` : '';
}

function toward({ version }: PlannedAction): string {
  return version ? ` to ${version}` : '';
}

/**
 * Sessions of the target wait for a lock that somebody holds and does not use. Slow answers, a full pool and a health check
 * that fails follow from it. Where an instance of the target holds it, a restart ends the transaction; else a person must.
 */
import type { Blocker } from '../../incident/incident.ts';
import { type Case, citing, type Hypothesis, weigh } from './hypothesis.ts';
import { errorsOf, fullPoolOf, holding, locksOf } from './signs.ts';

const QUERY_CHARS = 80;

export function dbContention(incident: Case): Hypothesis | null {
  const { holder, waiting, evidence } = locksOf(incident);
  if (!holder) return null;
  const holds = holding(incident);
  const pool = fullPoolOf(incident);
  const errors = errorsOf(incident);
  const own = holder.service === incident.target;
  const { confidence, but } = weigh(own ? 0.92 : 0.9, [
    [holder.state === 'active', own ? 0.1 : 0, 'its holder is still at work'],
    [holds.length === 0 && !pool && !errors.high, 0.15, 'nobody complains yet'],
  ]);
  const who = own ? (holder.instance ?? incident.target) : nameOf(holder);
  const cure = own
    ? `The transaction is its own: starting it anew ends it and frees the lock.${but}`
    : `Starting ${incident.target} anew would change nothing, since somebody else holds the lock: a person has to end that transaction, or to wait for it.${but}`;
  return {
    category: 'db_contention',
    action: own ? 'RESTART' : 'NOOP',
    instance: own ? holder.instance : null,
    version: null,
    root_cause: `${waiting} sessions of ${incident.target} wait for a lock that ${who} holds: ${told(holder)}`,
    justification: cure,
    confidence,
    citations: citing(
      ...evidence,
      ...holds,
      ...(pool?.evidence ?? []),
      ...(errors.high ? errors.evidence : []),
    ),
  };
}

function nameOf({ application, service }: Blocker): string {
  return service ?? (application ? `the application "${application}"` : 'a session without a name');
}

/** Whom a person would look for, and what he would see there. */
function told({ pid, user, state, age_s, query }: Blocker): string {
  const words = query.replaceAll(/\s+/g, ' ').trim().slice(0, QUERY_CHARS);
  const last = words ? `, last statement ${JSON.stringify(words)}` : '';
  return `pid ${pid}, user ${user || 'unknown'}, ${state} for ${Math.round(age_s)} s${last}`;
}

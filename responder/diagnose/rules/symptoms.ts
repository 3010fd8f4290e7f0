/** What is wrong now by itself, whether or not a rule knows its cause: with any of these nothing is over. */
import type { Evidence } from '../../incident/incident.ts';
import { DATABASE_SLOW, MEMORY_NEAR_LIMIT } from '../../incident/sli.ts';
import { type Case, ofKind } from './hypothesis.ts';
import { busyLoopOf, errorsOf, fullPoolOf, highest, locksOf, nowOf } from './signs.ts';

export function symptomsOf(incident: Case): Evidence[] {
  const above = (name: string, threshold: number) => {
    const e = highest(incident, name);
    return e && nowOf(incident, e) > threshold ? [e] : [];
  };
  const errors = errorsOf(incident);
  const locks = locksOf(incident);
  return [
    ...above('memory_utilization', MEMORY_NEAR_LIMIT),
    ...above('db_latency_p95', DATABASE_SLOW),
    ...(busyLoopOf(incident)?.evidence ?? []),
    ...(fullPoolOf(incident)?.evidence ?? []),
    ...(errors.high ? errors.evidence : []),
    ...(locks.holder ? locks.evidence : []),
    ...ofKind(incident, 'health').filter((e) => !e.data.healthy),
    ...ofKind(incident, 'container').filter((e) => e.data.container?.state === 'exited'),
  ];
}

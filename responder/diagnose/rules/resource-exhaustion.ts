/**
 * Every connection of an instance's database pool is taken and none comes back, though there is no more traffic, no lock
 * and no release: they leak. A restart gives them back.
 *
 * For a moment it looks the same when a lock is freed for which all of them waited: the last sample still shows a full pool, and
 * the sessions are idle already. But then the instance reaches its database again, which it asks by that same pool.
 */
import { type Case, citing, type Hypothesis, ofKind, percent, weigh } from './hypothesis.ts';
import { releasesOf } from './releases.ts';
import { errorsOf, fullPoolOf, holding, isComputing, locksOf, trafficOf } from './signs.ts';

export function resourceExhaustion(incident: Case): Hypothesis | null {
  const pool = fullPoolOf(incident);
  const errors = errorsOf(incident);
  const holds = holding(incident);
  const locks = locksOf(incident);
  const traffic = trafficOf(incident);
  if (!pool || (!errors.high && holds.length === 0)) return null;
  if (traffic.word === 'grew' || locks.holder) return null; // full of a surge, full of those who wait
  if (reachesDatabase(incident, pool.instance)) return null;
  const releases = releasesOf(incident, errors);
  const { confidence, but } = weigh(0.9, [
    [!errors.high, 0.1, 'few requests fail'],
    [!locks.seen, 0.25, 'who waits for whom in the database could not be seen'],
    [locks.waiting > 0, 0.1, `${locks.waiting} of its sessions wait for a lock just now`],
    [locks.busy, 0.25, 'most of its sessions are at work: the database may be slow'],
    [isComputing(incident, pool.instance ?? ''), 0.25, 'it gets no CPU to give them back'],
    [traffic.word === 'unseen', 0.2, 'whether there is more traffic is not known'],
    [!releases.seen, 0.1, 'what was released is not known'],
    [releases.suspect !== null, 0.35, `it began after the release of ${releases.suspect?.change.to}`],
  ]);
  const who = pool.instance ?? incident.target;
  const idle = locks.seen && locks.waiting === 0 ? ' none of its sessions waits for a lock,' : '';
  const steady = traffic.word === 'steady' ? ' traffic has not grown,' : '';
  return {
    category: 'resource_exhaustion',
    action: 'RESTART',
    instance: pool.instance,
    version: null,
    root_cause: `${who} does not give its database connections back: ${percent(pool.value)} of its pool are taken, and requests wait for one`,
    justification: `With the pool full,${idle}${steady} so the connections are lost, not in use; a restart gives them back.${but}`,
    confidence,
    citations: citing(
      ...pool.evidence,
      ...errors.evidence,
      ...holds,
      ...locks.evidence,
      ...traffic.evidence,
      ...releases.evidence,
    ),
  };
}

const DATABASE = /database|postgres|mysql|maria|sql|\bdb\b/i;

/** By its own health check, asked while the evidence was gathered: so it was given a connection just then. */
function reachesDatabase(incident: Case, instance: string | null): boolean {
  return ofKind(incident, 'dependency').some(({ data }) => {
    if (data.kind !== 'dependency' || data.instance === undefined || !data.dependency) return false;
    const { name, healthy } = data.dependency;
    return healthy && DATABASE.test(name) && (instance === null || data.instance === instance);
  });
}

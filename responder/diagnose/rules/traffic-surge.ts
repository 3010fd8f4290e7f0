/** More requests than its instances can take, of a service that is well otherwise: one instance more takes its share. */
import { type Case, citing, type Doubt, type Hypothesis, weigh } from './hypothesis.ts';
import { releasesOf } from './releases.ts';
import {
  busyLoopOf,
  errorsOf,
  fullPoolOf,
  fullSlotsOf,
  holding,
  locksOf,
  type Saturation,
  trafficOf,
} from './signs.ts';

/** Both rates are told over the same window: errors that come of the load do not rise so long before it, in seconds. */
const BEFORE_LOAD_SECONDS = 5;

export function trafficSurge(incident: Case): Hypothesis | null {
  const traffic = trafficOf(incident);
  if (traffic.word !== 'grew') return null;
  const errors = errorsOf(incident);
  const holds = holding(incident);
  const locks = locksOf(incident);
  if (locks.holder || (!errors.high && holds.length === 0)) return null; // slow for another reason; or nobody minds
  const limit = limitOf(incident);
  if (limit === null) return null; // it has room
  const onset = traffic.onset ?? errors.onset;
  const releases = releasesOf(incident, { points: errors.points, onset });
  const early = (traffic.onset ?? 0) - (errors.onset ?? Number.POSITIVE_INFINITY) > BEFORE_LOAD_SECONDS;
  const { confidence, but } = weigh(0.9, [
    ...limit.doubts,
    [early, 0.3, 'requests failed before there were more of them: they may be retries'],
    [!locks.seen, 0.05, 'who waits for whom in the database could not be seen'],
    [!releases.seen, 0.1, 'what was released is not known'],
    [
      releases.suspect !== null && !releases.suspect.late,
      0.35,
      `it began after the release of ${releases.suspect?.change.to}`,
    ],
  ]);
  return {
    category: 'traffic_surge',
    action: 'SCALE_UP',
    instance: null,
    version: null,
    root_cause: `${incident.target} gets ${traffic.to.toFixed(0)} requests a second instead of ${traffic.from.toFixed(0)}, more than it can take${limit.words}`,
    justification: `What it refuses or keeps waiting came with the load; one instance more takes its share of it.${but}`,
    confidence,
    citations: citing(
      ...traffic.evidence,
      ...(limit.full?.evidence ?? []),
      ...(errors.high ? errors.evidence : []),
      ...holds,
      ...locks.evidence,
      ...releases.evidence,
    ),
  };
}

interface Limit {
  full: Saturation | null;
  words: string;
  doubts: Doubt[];
}
/** What the load has run into, the surest first; null where it is known to have room. */
function limitOf(incident: Case): Limit | null {
  const slots = fullSlotsOf(incident);
  if (slots) return { full: slots, words: `: every request slot of ${slots.instance} is taken`, doubts: [] };
  const loop = busyLoopOf(incident);
  if (loop)
    return {
      full: loop,
      words: `: the event loop of ${loop.instance} is never at rest`,
      doubts: [[true, 0.1, 'it may compute for another reason']],
    };
  const pool = fullPoolOf(incident);
  if (pool)
    return {
      full: pool,
      words: `: every database connection of ${pool.instance} is taken`,
      doubts: [[true, 0.15, 'one instance more also asks the database for more']],
    };
  if (slots === null) return null;
  return {
    full: null,
    words: '',
    doubts: [[true, 0.3, 'which limit it has reached is not known']],
  };
}

/** Which release could be to blame for what began at some time, and which could not. */
import type { ChangeData, Evidence } from '../../incident/incident.ts';
import { median, medianSince, type Points } from '../../incident/series.ts';
import { BEFORE_RELEASE_SECONDS, ERRORS_LOW } from '../../incident/sli.ts';
import { type Case, type EvidenceOf, ofKind } from './hypothesis.ts';

/** A release older than this, in seconds, is what the service is. */
const RECENT_SECONDS = 1_800;
/** What began later than this after a release, in seconds, did not begin with it. */
const SOON_SECONDS = 300;
/** Clocks, and the record that is written when the process has started already, may differ by so many seconds. */
const SKEW_SECONDS = 2;
/** Fewer points, or over a shorter time, do not tell how it was before the release. */
const LEAST_BEFORE_SECONDS = 5;
const LEAST_BEFORE_POINTS = 3;

export interface Release {
  change: ChangeData;
  /** How bad it was before the release, against since the onset. */
  before: 'low' | 'high' | 'unseen';
  /** It began long after the release. */
  late: boolean;
  evidence: Evidence[];
}
export interface Releases {
  /** The record of releases could be read. */
  seen: boolean;
  /** The release that runs, if what began at `onset` began after it and is not known to have been there before. */
  suspect: Release | null;
  /** That nothing was released is evidence, too. */
  evidence: Evidence[];
}

export interface Trouble {
  /** How bad it was over time. */
  points: Points;
  /** When it began, in epoch seconds; null where nobody can tell: then any recent release may be to blame. */
  onset: number | null;
  /** It was low where it was at most this share of what it is since. */
  low?: number;
}

export function releasesOf(incident: Case, { points, onset, low = ERRORS_LOW }: Trouble): Releases {
  const none = incident.evidence.filter((e) => e.data.kind === 'change' && e.status === 'no_data');
  const changes = deploysOf(incident);
  const seen = none.length > 0 || changes.length > 0;
  const newest = changes[0];
  if (!newest?.data.change || isGoingBack(changes)) return { seen, suspect: null, evidence: none };
  const { to } = newest.data.change;
  // One instance after the other got it, up to where something else was put there.
  const others = changes.findIndex((e) => e.data.change?.to !== to);
  const latest = changes.slice(0, others === -1 ? changes.length : others);
  const at = Math.min(...latest.map(secondsOf));
  const began = onset ?? Date.parse(newest.at) / 1000;
  const isRecent = Date.parse(newest.at) / 1000 - at <= RECENT_SECONDS;
  const before = levelBefore(points, at, onset, low);
  // Recent, and innocent for one of two reasons: cited where a rule says that no release is to blame.
  if (!isRecent || began < at - SKEW_SECONDS || before === 'high')
    return { seen, suspect: null, evidence: latest };
  const change = newest.data.change;
  return {
    seen,
    suspect: { change, before, late: began - at > SOON_SECONDS, evidence: latest },
    evidence: latest,
  };
}

/** Deploys of the target itself, newest first. */
function deploysOf(incident: Case): EvidenceOf<'change'>[] {
  return ofKind(incident, 'change')
    .filter(({ data }) => data.change?.kind === 'deploy' && data.change.target === incident.target)
    .toSorted((a, b) => secondsOf(b) - secondsOf(a));
}

const secondsOf = (e: EvidenceOf<'change'>) => Date.parse(e.data.change?.at ?? '') / 1000;

/** The newest change puts back what ran before the release that it leaves: that one is gone already. */
function isGoingBack(changes: EvidenceOf<'change'>[]): boolean {
  const oldestFirst = changes
    .toReversed()
    .flatMap((e) => [e.data.change?.from ?? '', e.data.change?.to ?? '']);
  const { from, to } = changes[0]?.data.change ?? {};
  return from !== undefined && oldestFirst.indexOf(to ?? '') < oldestFirst.indexOf(from ?? '');
}

function levelBefore(points: Points, at: number, onset: number | null, low: number): Release['before'] {
  const before = points.filter(([time]) => time >= at - BEFORE_RELEASE_SECONDS && time < at);
  const span = (before.at(-1)?.[0] ?? 0) - (before[0]?.[0] ?? 0);
  if (before.length < LEAST_BEFORE_POINTS || span < LEAST_BEFORE_SECONDS || onset === null) return 'unseen';
  const since = medianSince(points, Math.max(onset, at));
  return median(before.map(([, value]) => value)) <= low * since ? 'low' : 'high';
}

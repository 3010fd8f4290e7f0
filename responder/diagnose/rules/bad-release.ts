/** Requests fail since a release of the target, and did not before it: what ran before is put back. */
import { medianBefore, medianSince } from '../../incident/series.ts';
import { type Case, citing, type Hypothesis, percent, weigh } from './hypothesis.ts';
import { type Release, releasesOf } from './releases.ts';
import { type Errors, errorsOf, fullSlotsOf, holding, locksOf, trafficOf } from './signs.ts';

export function badRelease(incident: Case): Hypothesis | null {
  const errors = errorsOf(incident);
  if (!errors.high || errors.onset === null) return null;
  const { suspect } = releasesOf(incident, errors);
  if (!suspect) return null;
  const locks = locksOf(incident);
  const traffic = trafficOf(incident);
  const surge = traffic.word === 'grew' && fullSlotsOf(incident) !== null;
  const { confidence, but } = weigh(0.92, [
    [suspect.before === 'unseen', 0.25, 'too little is known of how many failed before it'],
    [suspect.late, 0.25, 'they began minutes after it'],
    [locks.holder !== null, 0.4, 'sessions wait for a lock in the database'],
    [surge, 0.4, 'there is more traffic than it can take'],
    [traffic.word === 'grew' && !surge, 0.15, 'traffic grew as well'],
    [traffic.word === 'unseen', 0.05, 'whether there is more traffic is not known'],
  ]);
  const { from, to, at } = suspect.change;
  const rest = {
    category: 'bad_release' as const,
    instance: null,
    version: from,
    root_cause: `Release ${to} of ${incident.target}, put there at ${at}, fails requests: ${told(errors, suspect)}`,
    citations: citing(...suspect.evidence, ...errors.evidence, ...holding(incident), ...traffic.evidence),
  };
  if (from === null)
    return {
      ...rest,
      action: 'NOOP',
      confidence: Math.min(confidence, 0.75),
      justification: `No release before it is on record that could be put back, so a person has to.${but}`,
    };
  return {
    ...rest,
    action: 'ROLLBACK',
    confidence,
    justification: `They began with the release, and ${from}, which ran before it, did not have them.${but}`,
  };
}

function told({ points, onset }: Errors, { before, change }: Release): string {
  const since = medianSince(points, onset ?? 0);
  const first = before === 'low' ? medianBefore(points, Date.parse(change.at) / 1000) : Number.NaN;
  return Number.isNaN(first)
    ? `${percent(since)} of them fail since`
    : `${percent(since)} of them fail since, ${percent(first)} before`;
}

/** Others by name, at whom it can be seen that they are not well: nothing that is done to the target mends them. */
import { type Claim, evidenceOf, shown, toldOf } from './claim.ts';
import type { Scene } from './scene.ts';

export function ofOthers(scene: Scene): (Claim | null)[] {
  return [othersLock(scene), othersLimit(scene), sickDatabase(scene)];
}

function othersLock({ database, target, bad, incident }: Scene): Claim | null {
  const holder = database?.blockers.find(({ service }) => service !== incident.target);
  if (!database || !holder) return null;
  const hurt = bad('latency', 'errors', 'pool');
  const who = holder.service ?? (holder.application || 'a session without a name');
  return {
    category: 'db_contention',
    action: 'NOOP',
    cause: `${database.waiting} sessions wait for a lock that ${who} holds (${holder.state} for ${Math.round(holder.age_s)} s)`,
    cure: `Somebody else holds the lock, so nothing that is done to ${target} frees it: a person has to end that transaction, or to wait for it.`,
    base: 0.68,
    pro: [[database.waiting > 0, 0.1, `${database.waiting} wait`, [database.evidence]], shown(0.1, hurt)],
    con: [
      [
        database.blockers.some(({ service }) => service === incident.target),
        0.15,
        'the target holds locks, too',
        [database.evidence],
      ],
    ],
    cites: [database.evidence],
  };
}

/** What is used up is somebody else's, and the target feels it. */
function othersLimit({ tracks, bad, target, down, load }: Scene): Claim | null {
  const full = tracks.filter(({ owner, state }) => owner !== null && state === 'bad');
  const own = tracks.filter(
    ({ owner, state, role }) => owner === null && state === 'bad' && role !== 'traffic',
  );
  const [worst] = full;
  if (!worst || own.length === 0) return null;
  const failing = down.filter((e) => e.data.dependency?.name === worst.owner);
  return {
    category: 'dependency_failure',
    action: 'NOOP',
    cause: `${target} suffers from ${worst.owner}, which is at its limit: ${full.map(toldOf).join(', ')}`,
    cure: `Nothing that is done to ${target} would mend it. Look at ${worst.owner}.`,
    base: 0.5,
    pro: [
      shown(0.14, bad('latency', 'errors', 'up', 'queue', 'pool')),
      [failing.length > 0, 0.2, `${worst.owner} is told to be unhealthy`, failing],
    ],
    con: [[load.word === 'grew', 0.1, 'load grew', [load.track?.evidence]]],
    cites: evidenceOf(full),
  };
}

/** What alerts is itself a database or a machine: nothing here restarts those. */
function sickDatabase({ kind, tracks, target, logs }: Scene): Claim | null {
  if (kind !== 'database' && kind !== 'node') return null;
  const bad = tracks.filter(({ state }) => state === 'bad');
  if (bad.length === 0) return null;
  return {
    category:
      kind === 'node'
        ? 'external'
        : bad.some(({ role }) => role === 'disk')
          ? 'resource_exhaustion'
          : 'db_contention',
    action: 'NOOP',
    cause: `${target} is not well: ${bad.map(toldOf).join(', ')}`,
    cure: `A ${kind} is not restarted or made larger from here: a person has to.`,
    base: 0.6,
    pro: [[logs.wrong > 0, 0.08, 'its logs tell of trouble', logs.evidence]],
    con: [],
    cites: evidenceOf(bad),
  };
}

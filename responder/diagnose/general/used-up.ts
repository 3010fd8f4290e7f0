/** What the target has taken and does not give back: connections, files, threads, a lock. A restart gives them back. */
import { type Claim, evidenceOf, shown, toldOf } from './claim.ts';
import type { Scene } from './scene.ts';
import { standstills } from './tracks.ts';

export function poolLeak({ bad, logs, load, target, down, database }: Scene): Claim | null {
  const full = bad('pool');
  const told = logs.says('pool-empty');
  if (full.length === 0 && told.share < 0.3) return null;
  const blocked = (database?.blockers.length ?? 0) > 0;
  const idle = database !== null && database.waiting === 0 && !blocked;
  const slow = logs.says('slow-dependency', 'lock', 'database-limit');
  return {
    category: 'resource_exhaustion',
    action: 'RESTART',
    instance: full[0]?.instance ?? null,
    cause: `${target} does not give its connections back${full[0] ? `: ${toldOf(full[0])}` : ''}`,
    cure: 'A restart gives them back.',
    base: 0.45,
    pro: [
      shown(0.12, full),
      [told.count > 0, 0.14, 'the logs tell of requests that wait for a connection', logs.evidence],
      [
        load.word === 'steady' || load.word === 'fell',
        0.1,
        'there is no more load than before',
        [load.track?.evidence],
      ],
      [database !== null && !blocked, 0.06, 'nobody waits for a lock', [database?.evidence]],
    ],
    con: [
      [load.word === 'grew', 0.3, 'there are more requests that need one', [load.track?.evidence]],
      [blocked, 0.35, 'their owners wait for a lock', [database?.evidence]],
      // Where the database itself was looked at and nobody waits in it, its users only cannot reach it any more.
      [down.length > 0, idle ? 0.1 : 0.3, 'the other end is not well', down],
      [slow.share > told.share, 0.2, 'the other end may be slow', logs.evidence],
      [logs.says('database-limit').share >= 0.3, 0.2, 'the database itself is at its limit', logs.evidence],
    ],
    cites: [...evidenceOf(full), ...(told.count > 0 ? logs.evidence : [])],
  };
}

export function filesLeak({ bad, logs, load, target }: Scene): Claim | null {
  const many = bad('files', 'threads').filter(({ role, gradual }) => role === 'files' || gradual);
  const told = logs.says('files-used-up', 'threads-used-up');
  if (many.length === 0 && told.share < 0.3) return null;
  return {
    category: 'resource_exhaustion',
    action: 'RESTART',
    instance: many[0]?.instance ?? null,
    cause: `${target} has used up its ${logs.says('threads-used-up').count > 0 ? 'threads' : 'files and sockets'} and does not give them back${many[0] ? `: ${toldOf(many[0])}` : ''}`,
    cure: 'A restart gives them back.',
    base: 0.48,
    pro: [
      shown(0.14, many),
      [told.count > 0, 0.16, 'the logs tell of a limit of the process', logs.evidence],
      [
        load.word === 'steady' || load.word === 'fell',
        0.1,
        'there is no more load than before',
        [load.track?.evidence],
      ],
    ],
    con: [[load.word === 'grew', 0.3, 'there is more to do than before', [load.track?.evidence]]],
    cites: [...evidenceOf(many), ...(told.count > 0 ? logs.evidence : [])],
  };
}

export function ownLock({ database, target, incident, bad }: Scene): Claim | null {
  const held = database?.blockers.filter(
    ({ state, service }) => service === incident.target && state !== 'active',
  );
  const holder = held?.[0] ?? database?.blockers.find(({ service }) => service === incident.target);
  if (!database || !holder) return null;
  const others = database.blockers.some(({ service }) => service !== incident.target);
  return {
    category: 'db_contention',
    action: 'RESTART',
    instance: holder.instance,
    cause: `${database.waiting} sessions wait for a lock that ${target} itself holds (${holder.state} for ${Math.round(holder.age_s)} s)`,
    cure: 'A restart ends its transaction and frees the lock.',
    base: 0.66,
    pro: [
      [holder.state.startsWith('idle in transaction'), 0.16, 'the holder does nothing', [database.evidence]],
      [
        bad('latency', 'errors', 'pool').length > 0,
        0.08,
        'requests wait or fail',
        evidenceOf(bad('latency', 'errors', 'pool')),
      ],
    ],
    con: [
      [holder.state === 'active', 0.2, 'the holder is at work', [database.evidence]],
      [others, 0.2, 'others hold locks as well', [database.evidence]],
      [database.waiting === 0, 0.2, 'nobody waits', [database.evidence]],
    ],
    cites: [database.evidence],
  };
}

/** Others have found the new address, and it still speaks to the old one. */
export function stale({ logs, down, dependencies, bad, target, tracks }: Scene): Claim | null {
  const told = logs.says('stale');
  if (told.share < 0.3) return null;
  const over = logs.entries.filter(({ signs }) => signs.includes('recovery'));
  return {
    category: 'dependency_failure',
    action: 'RESTART',
    cause: `${target} still speaks to what is no longer in charge`,
    cure: 'A restart makes it look for the new one.',
    base: 0.48,
    pro: [
      [dependencies.length > 0 && down.length === 0, 0.14, 'what it depends on is well', dependencies],
      [over.length > 0, 0.06, 'the logs tell that the change-over is done', logs.evidence],
      shown(0.1, bad('errors', 'latency')),
      shown(0.12, standstills(tracks)),
    ],
    con: [[down.length > 0, 0.3, 'what it depends on is not well', down]],
    cites: logs.evidence,
  };
}

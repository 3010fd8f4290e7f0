/** Who waits for a lock in the database, and who is at the root of the queue. */
import type { ReadSessions, Session } from '../clients/sessions.ts';
import type { Blocker, DatabaseData, Finding, Target } from '../incident/incident.ts';
import type { Source } from './gather.ts';

const QUERY = 'pg_stat_activity, pg_blocking_pids(pid) of those who wait for a lock';
const NONE = 'no database to look at is configured (AEGIS_EVIDENCE_DATABASE_URL)';
/** The longest queues. */
const MOST = 5;

type Owner = Pick<Target, 'name' | 'instances'>;

interface Options {
  /** Null where no database is configured. */
  sessions: ReadSessions | null;
  /** All targets: whoever holds a lock may be another one. */
  inventory: () => Promise<Owner[]>;
}

export function makeDatabaseSource({ sessions, inventory }: Options): Source {
  return {
    name: 'database',
    query: () => QUERY,
    read: async ({ incident, now }) => {
      const base = { source: 'database', query: QUERY, at: now.toISOString() };
      if (!sessions) return [{ ...base, status: 'no_data', reading: NONE, data: { kind: 'failure' } }];
      const [all, targets] = await Promise.all([sessions(), inventory()]);
      const database = databaseOf(all, incident.target, targets);
      const reading = readingOf(incident.target, database);
      const finding: Finding = { ...base, status: 'ok', reading, data: { kind: 'database', database } };
      return [finding];
    },
  };
}

/** What the sessions say of one target. Pure. */
export function databaseOf(all: Session[], target: string, targets: Owner[]): DatabaseData {
  const own = all.filter((session) => ownerOf(session.application, targets).service === target);
  const waiting = own.filter((session) => session.waitsForLock);
  const byPid = new Map(all.map((session) => [session.pid, session]));
  const queues = new Map<number, number>();
  for (const { pid } of waiting)
    for (const root of rootsOf(pid, byPid)) queues.set(root, (queues.get(root) ?? 0) + 1);
  const states = Map.groupBy(own, (session) => session.state);
  return {
    waiting: waiting.length,
    sessions: Object.fromEntries([...states].map(([state, sessions]) => [state, sessions.length])),
    blockers: [...queues]
      .map(([pid, count]) => blockerOf(pid, byPid.get(pid), count, targets))
      .toSorted((a, b) => b.waiting - a.waiting || b.age_s - a.age_s)
      .slice(0, MOST),
  };
}

/** Those at the end of every chain that are not blocked themselves. A circle has none: the server breaks it by itself. */
function rootsOf(pid: number, byPid: Map<number, Session>): Set<number> {
  const roots = new Set<number>();
  const seen = new Set([pid]);
  const queue = [pid];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const blockedBy = byPid.get(next)?.blockedBy ?? [];
    if (blockedBy.length === 0 && next !== pid) roots.add(next);
    for (const blocker of blockedBy) {
      if (seen.has(blocker)) continue;
      seen.add(blocker);
      queue.push(blocker);
    }
  }
  return roots;
}

/** @param session undefined where it ended meanwhile, or is a prepared transaction (pid 0), which has no session. */
function blockerOf(pid: number, session: Session | undefined, waiting: number, targets: Owner[]): Blocker {
  const application = session?.application ?? '';
  return {
    pid,
    ...ownerOf(application, targets),
    application,
    user: session?.user ?? '',
    state: session?.state ?? (pid === 0 ? 'prepared transaction' : 'unknown'),
    age_s: Number((session?.transactionSeconds ?? 0).toFixed(1)),
    query: session?.query ?? '',
    waiting,
  };
}

/** By its application_name: the name of a target, or the id of one of its instances. */
function ownerOf(application: string, targets: Owner[]): { service: string | null; instance: string | null } {
  for (const { name, instances } of targets) {
    if (instances.some(({ id }) => id === application)) return { service: name, instance: application };
    // A service of one instance leaves no doubt which one is meant.
    if (name === application)
      return { service: name, instance: instances.length === 1 ? (instances[0]?.id ?? null) : null };
  }
  return { service: null, instance: null };
}

function readingOf(target: string, { waiting, sessions, blockers }: DatabaseData): string {
  const states = Object.entries(sessions).map(([state, count]) => `${count} ${state}`);
  const all = states.length > 0 ? states.join(', ') : 'none';
  if (waiting === 0) return `no session of ${target} waits for a lock; its sessions: ${all}`;
  const holders = blockers.map(
    ({ pid, instance, service, application, user, state, age_s }) =>
      `${instance ?? service ?? (application || `pid ${pid}`)} (${state} for ${Math.round(age_s)} s, user ${user || 'unknown'})`,
  );
  const held = holders.length > 0 ? `held by ${holders.join(' and ')}` : 'held by nobody that can be named';
  return `${waiting} ${waiting === 1 ? 'session' : 'sessions'} of ${target} ${waiting === 1 ? 'waits' : 'wait'} for a lock; ${held}`;
}

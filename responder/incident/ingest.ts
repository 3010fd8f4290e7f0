/** Stores accepted alerts, many in one transaction, and opens or joins incidents. */
import { randomBytes } from 'node:crypto';
import type { Database, Sql } from './database.ts';
import { type Alert, episodeOf } from './incident.ts';
import type { Stage } from './lifecycle.ts';
import { jsonb, storable } from './stored-text.ts';

/** An accepted alert with the target that correlate found for it. */
export interface Sighting {
  alert: Alert;
  target: string;
  traceparent: string | null;
}
export interface Rejected {
  reason: string;
  body: unknown;
}
export interface Stored {
  incidentId: string | null;
  /** `opened` a new incident, `joined` an open one, `known` episode delivered again, `resolved` news. */
  effect: 'opened' | 'joined' | 'known' | 'resolved';
}

interface EpisodeRow {
  fingerprint: string;
  starts_at: Date;
  incident_id: string | null;
  status: 'firing' | 'resolved';
}

export const WAKE_CHANNEL = 'aegis_due';

/** @returns for every sighting, in order, what it did. Nothing is stored if anything fails. */
export async function ingest(
  database: Database,
  sightings: Sighting[],
  rejected: Rejected[],
): Promise<Stored[]> {
  return database.transaction(async (sql) => {
    for (const { reason, body } of rejected)
      await sql.query('insert into rejected_alert (reason, body) values ($1, $2)', [
        storable(reason),
        jsonb(body),
      ]);
    if (sightings.length === 0) return [];
    const unique = mergeDeliveries(sightings);
    const episodes = await upsertEpisodes(sql, [...unique.values()]);
    const stored = new Map<string, Stored>();
    for (const [target, keys] of groupByTarget(unique)) {
      const rows = keys.map((key) => episodes.get(key) as EpisodeRow);
      for (const [key, value] of await attach(sql, target, unique, keys, rows)) stored.set(key, value);
    }
    await sql.query('select pg_notify($1, $2)', [WAKE_CHANNEL, '']);
    return sightings.map((sighting) => stored.get(episodeOf(sighting.alert)) as Stored);
  });
}

type Merged = Sighting & { deliveries: number };

/** One statement may touch a row once only; of several deliveries in a batch, the resolved one counts. */
function mergeDeliveries(sightings: Sighting[]): Map<string, Merged> {
  const merged = new Map<string, Merged>();
  for (const sighting of sightings) {
    const key = episodeOf(sighting.alert);
    const known = merged.get(key);
    const keep = known?.alert.status === 'resolved' ? known : sighting;
    merged.set(key, { ...keep, deliveries: (known?.deliveries ?? 0) + 1 });
  }
  // Always in the same order, so that two batches cannot wait for each other's rows.
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function upsertEpisodes(sql: Sql, merged: Merged[]): Promise<Map<string, EpisodeRow>> {
  const { rows } = await sql.query<EpisodeRow>(
    `insert into episode as e (fingerprint, starts_at, target, status, alert, deliveries)
     select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[], $6::int[])
     on conflict (fingerprint, starts_at) do update set
       deliveries = e.deliveries + excluded.deliveries, last_received = now(),
       status = case when e.status = 'resolved' then 'resolved' else excluded.status end,
       alert = case when e.status = 'resolved' then e.alert else excluded.alert end
     returning fingerprint, starts_at, incident_id, status`,
    [
      merged.map((m) => m.alert.fingerprint),
      merged.map((m) => m.alert.startsAt),
      merged.map((m) => m.target),
      merged.map((m) => m.alert.status),
      merged.map((m) => jsonb(m.alert)),
      merged.map((m) => m.deliveries),
    ],
  );
  return new Map(rows.map((row) => [`${row.fingerprint} ${row.starts_at.getTime()}`, row]));
}

function groupByTarget(unique: Map<string, Merged>): [string, string[]][] {
  const groups = Map.groupBy(unique, ([, { target }]) => target);
  return [...groups]
    .map(([target, entries]): [string, string[]] => [target, entries.map(([key]) => key)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Gives the firing episodes of one target that have no incident the target's open one, or opens it. */
async function attach(
  sql: Sql,
  target: string,
  unique: Map<string, Merged>,
  keys: string[],
  rows: EpisodeRow[],
) {
  const result = new Map<string, Stored>();
  const orphans: Merged[] = [];
  keys.forEach((key, i) => {
    const row = rows[i] as EpisodeRow;
    const sighting = unique.get(key) as Merged;
    if (row.incident_id === null && row.status === 'firing') orphans.push(sighting);
    else {
      const effect = sighting.alert.status === 'resolved' ? 'resolved' : 'known';
      result.set(key, { incidentId: row.incident_id, effect });
    }
  });
  if (orphans.length > 0) {
    const { id, opened } = await openOrJoin(sql, target, orphans);
    for (const orphan of orphans)
      result.set(episodeOf(orphan.alert), { incidentId: id, effect: opened ? 'opened' : 'joined' });
  }
  const ended = keys.flatMap((key) => {
    const { alert } = unique.get(key) as Merged;
    const incidentId = result.get(key)?.incidentId;
    return alert.status === 'resolved' && incidentId ? [{ ...alert, incidentId }] : [];
  });
  if (ended.length > 0) await tellResolved(sql, ended);
  return result;
}

async function openOrJoin(
  sql: Sql,
  target: string,
  orphans: Merged[],
): Promise<{ id: string; opened: boolean }> {
  const first = orphans.toSorted(
    (a, b) => Date.parse(a.alert.startsAt) - Date.parse(b.alert.startsAt),
  )[0] as Merged;
  const { id, opened } = await openIncident(sql, target, first);
  await sql.query(
    `update episode e set incident_id = $1 from unnest($2::text[], $3::timestamptz[]) as o (fingerprint, starts_at)
     where e.fingerprint = o.fingerprint and e.starts_at = o.starts_at`,
    [id, orphans.map((o) => o.alert.fingerprint), orphans.map((o) => o.alert.startsAt)],
  );
  for (const [i, { alert }] of orphans.entries()) {
    const kind = opened && i === 0 ? 'opened' : 'joined';
    await audit(sql, id, kind, `${alert.name} of ${target} is firing since ${alert.startsAt}`);
  }
  return { id, opened };
}

async function openIncident(
  sql: Sql,
  target: string,
  first: Merged,
): Promise<{ id: string; opened: boolean }> {
  for (;;) {
    const opened = await sql.query<{ id: string }>(
      `insert into incident (id, target, starts_at, traceparent) values ($1, $2, $3, $4)
       on conflict (target) where closed_at is null do nothing returning id`,
      [newIncidentId(), target, first.alert.startsAt, first.traceparent],
    );
    if (opened.rows[0]) return { id: opened.rows[0].id, opened: true };
    // Locked, so that it cannot close before this alert has joined it. Gone by now: open one after all.
    const joined = await sql.query<{ id: string }>(
      'select id from incident where target = $1 and closed_at is null for update',
      [target],
    );
    if (joined.rows[0]) return { id: joined.rows[0].id, opened: false };
  }
}

/** An alert that is over, and whose incident it was. */
export type Ended = Pick<Alert, 'name' | 'startsAt'> & { incidentId: string };

/**
 * Those of one target at once, into the timelines, each once; whoever has several targets goes by their names. Nobody need decide
 * about what is over, so a question that waits is looked at again.
 */
export async function tellResolved(sql: Sql, ended: Ended[], how = ''): Promise<void> {
  // Asked before the lock, since an alert is told again and again, and whoever wants the incident passes over a locked one.
  const told = await Promise.all(ended.map((one) => isTold(sql, one)));
  const news = ended.filter((_, i) => !told[i]);
  if (news.length > 0) {
    // The newest first: whoever has joined an alert to the open one, which is the newest, holds that already.
    const { rows } = await sql.query<{ id: string; follows: string | null }>(
      `select id, follows from incident where id = any($1) or follows = any($1)
       order by opened_at desc, id desc for update`,
      [news.map(({ incidentId }) => incidentId)],
    );
    for (const one of news) {
      if (await isTold(sql, one)) continue;
      const own = rows.filter(({ id, follows }) => id === one.incidentId || follows === one.incidentId);
      for (const { id } of own) await audit(sql, id, 'alert_resolved', `${wordsOf(one)}${how}`);
    }
  }
  await sql.query(
    `update incident set woken = true, due_at = least(due_at, clock_timestamp())
     where id = any($1) and stage = 'approve'`,
    [ended.map(({ incidentId }) => incidentId)],
  );
}

const wordsOf = ({ name, startsAt }: Ended) => `${name} that began at ${startsAt} is resolved`;

async function isTold(sql: Sql, one: Ended): Promise<boolean> {
  const { rowCount } = await sql.query(
    'select 1 from audit where incident_id = $1 and starts_with(text, $2)',
    [one.incidentId, wordsOf(one)],
  );
  return rowCount !== 0;
}

/**
 * A line of the timeline that no stage wrote. The incident is locked first: lines that end in another order than they took their
 * numbers would be told twice or never to whoever counts how many it has told (Slack's thread).
 */
export async function audit(
  sql: Sql,
  incidentId: string,
  kind: string,
  text: string,
  stage: Stage | 'correlate' = 'correlate',
): Promise<void> {
  await sql.query('select from incident where id = $1 for update', [incidentId]);
  await sql.query(
    `insert into audit (incident_id, stage, state, kind, text)
     select id, $4, state, $2, $3 from incident where id = $1`,
    [incidentId, kind, text, stage],
  );
}

/** Sorts by time, and is short enough to be read aloud. */
export function newIncidentId(): string {
  return `inc-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`;
}

/** What reconciliation reads and writes: alerts that ended unheard, and those that fire on after their incident was closed. */
import type { Database } from './database.ts';
import { episodeOf as keyOf } from './incident.ts';
import { audit, newIncidentId, tellResolved, WAKE_CHANNEL } from './ingest.ts';

/** An episode that an incident believes to be firing. */
export interface FiringEpisode {
  fingerprint: string;
  startsAt: string;
  name: string;
  incidentId: string;
  target: string;
}
export interface Reconciliation {
  /** Of incidents that are open or a person's, as Alertmanager told them: whether they still fire is what people are told. */
  open(): Promise<FiringEpisode[]>;
  /** They are over, though nobody told us. */
  resolve(episodes: FiringEpisode[]): Promise<void>;
  /** Of incidents that were closed as over at least `afterSeconds` ago (and after their own watch), and have no follow-up. */
  closed(afterSeconds: number): Promise<(FiringEpisode & { closedAt: string })[]>;
  /** Opens an incident that says so and goes to a person. False where the target has an open one, or it was said already. */
  followUp(episode: FiringEpisode, conclusion: string): Promise<boolean>;
}

/** Older incidents are not watched any more: an alert that fires for a day has other watchers. */
const WATCH_HOURS = 24;

interface Row {
  fingerprint: string;
  starts_at: Date;
  name: string;
  incident_id: string;
  target: string;
}

export function makeReconciliation(database: Database): Reconciliation {
  return {
    async open() {
      const { rows } = await database.query<Row>(
        `select e.fingerprint, e.starts_at, e.alert->>'name' as name, e.incident_id, i.target
         from episode e join incident i on i.id = e.incident_id
         where e.status = 'firing' and e.alert->>'source' = 'alertmanager'
           and (i.closed_at is null or i.state in ('escalated', 'failed')
             or exists (select from incident f where f.follows = i.id))`,
      );
      return rows.map(episodeOf);
    },
    resolve: (episodes) =>
      database.transaction(async (sql) => {
        const ended: FiringEpisode[] = [];
        // Episodes first, and in the order in which alerts are stored, so that neither waits for the other's rows.
        for (const episode of episodes.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
          const { rowCount } = await sql.query(
            `update episode set status = 'resolved' where fingerprint = $1 and starts_at = $2 and status = 'firing'`,
            [episode.fingerprint, episode.startsAt],
          );
          if (rowCount === 1) ended.push(episode);
        }
        const targets = [...Map.groupBy(ended, ({ target }) => target)];
        for (const [, episodes] of targets.toSorted(([a], [b]) => (a < b ? -1 : 1)))
          await tellResolved(sql, episodes, ' (Alertmanager knows it no more)');
        await sql.query('select pg_notify($1, $2)', [WAKE_CHANNEL, '']);
      }),
    async closed(afterSeconds) {
      const { rows } = await database.query<Row & { closed_at: Date }>(
        `select e.fingerprint, e.starts_at, e.alert->>'name' as name, e.incident_id, i.target, i.closed_at
         from episode e join incident i on i.id = e.incident_id
         where e.status = 'firing' and e.alert->>'source' = 'alertmanager' and i.outcome in ('resolved', 'no_action')
           and i.closed_at < clock_timestamp() - $1 * interval '1 s'
           and i.closed_at > clock_timestamp() - $2 * interval '1 hour'
           and coalesce((i.findings->>'watchUntil')::timestamptz < clock_timestamp(), true)
           and not exists (select from incident f where f.follows = i.id)`,
        [afterSeconds, WATCH_HOURS],
      );
      return rows.map((row) => ({ ...episodeOf(row), closedAt: row.closed_at.toISOString() }));
    },
    followUp: ({ incidentId, target, startsAt }, conclusion) =>
      database.transaction(async (sql) => {
        const id = newIncidentId();
        // Its diagnosis and action come along, so that the runbook learns that they did not last.
        const { rowCount } = await sql.query(
          `insert into incident (id, target, starts_at, stage, outcome, follows, findings)
         select $1, $2, $3, 'learn', 'escalated', i.id, jsonb_build_object('conclusion', $5::text,
           'diagnosis', case when done.action is not null then i.findings->'diagnosis' end,
           'signature', i.findings->'signature', 'blamed', done.action)
         from incident i left join lateral (
           select action from action a where a.incident_id = i.id and a.state = 'done' order by attempt desc limit 1
         ) done on true
         where i.id = $4
         on conflict do nothing`,
          [id, target, startsAt, incidentId, conclusion],
        );
        if (rowCount !== 1) return false;
        await audit(
          sql,
          incidentId,
          'followed',
          `its alerts fire on after it was closed as over: ${id} goes on with it`,
        );
        await sql.query('select pg_notify($1, $2)', [WAKE_CHANNEL, '']);
        return true;
      }),
  };
}

function episodeOf(row: Row): FiringEpisode {
  return {
    fingerprint: row.fingerprint,
    startsAt: row.starts_at.toISOString(),
    name: row.name,
    incidentId: row.incident_id,
    target: row.target,
  };
}

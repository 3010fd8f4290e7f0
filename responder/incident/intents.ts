/** Actions on record: the intent before the call, its outcome, and whether it was taken back. */
import type { Database, Sql } from './database.ts';
import type { ActionRecord, Incident } from './incident.ts';
import { fence, type Lease } from './lease.ts';
import { type ActionRow, actionOf } from './rows.ts';
import { jsonb, redacted, storable } from './stored-text.ts';

export type Intent = Omit<ActionRecord, 'state' | 'detail' | 'intendedAt' | 'settledAt' | 'undo'>;

export async function intend(database: Database, lease: Lease, intent: Intent): Promise<ActionRecord> {
  return database.transaction(async (sql) => {
    await fence(sql, lease);
    await sql.query(
      `insert into action (id, incident_id, attempt, action, target, instance, runtime, verdict_hash, before)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (verdict_hash) do nothing`,
      [
        intent.id,
        intent.incidentId,
        intent.attempt,
        intent.action,
        intent.target,
        intent.instance,
        intent.runtime,
        intent.verdictHash,
        jsonb(intent.before),
      ],
    );
    return readAction(sql, 'verdict_hash', intent.verdictHash);
  });
}

export async function settle(
  database: Database,
  lease: Lease,
  id: string,
  state: ActionRecord['state'],
  detail: string,
  undoInMs?: number,
) {
  return database.transaction(async (sql) => {
    await fence(sql, lease);
    await sql.query(
      `update action set state = $2, detail = $3, settled_at = clock_timestamp(),
         undo_state = case when $4::float is not null then 'due' end,
         undo_due_at = clock_timestamp() + $4 * interval '1 ms'
       where id = $1 and state = 'intended'`,
      [id, state, storable(redacted(detail)), undoInMs ?? null],
    );
    return readAction(sql, 'id', id);
  });
}

async function readAction(sql: Sql, column: 'id' | 'verdict_hash', value: string): Promise<ActionRecord> {
  const { rows } = await sql.query<ActionRow>(`select * from action where ${column} = $1`, [value]);
  if (!rows[0]) throw new Error(`the intent ${value} is not in the table of actions`);
  return actionOf(rows[0]);
}

export async function undone(
  database: Database,
  lease: Lease,
  id: string,
  state: 'done' | 'failed',
  detail: string,
): Promise<ActionRecord> {
  return database.transaction(async (sql) => {
    await fence(sql, lease);
    await sql.query(
      'update action set undo_state = $2, undo_detail = $3, undone_at = clock_timestamp() where id = $1',
      [id, state, storable(redacted(detail))],
    );
    return readAction(sql, 'id', id);
  });
}

/** Actions on a target that were intended within the last `seconds`, newest first. */
export async function recentActions(
  database: Database,
  target: string,
  seconds: number,
): Promise<ActionRecord[]> {
  const { rows } = await database.query<ActionRow>(
    `select * from action where target = $1 and state <> 'withdrawn' and intended_at > now() - $2 * interval '1 s'
     order by intended_at desc`,
    [target, seconds],
  );
  return rows.map(actionOf);
}

/** How often an action cured one of the incident's alerts on its target within the last `seconds`, in other incidents. */
export async function cures(
  database: Database,
  { id, target, alerts }: Pick<Incident, 'id' | 'target' | 'alerts'>,
  seconds: number,
): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    `select count(*) from incident i
     where i.target = $1 and i.id <> $2 and i.outcome = 'resolved' and i.closed_at > clock_timestamp() - $3 * interval '1 s'
       and exists (select from action a where a.incident_id = i.id and a.state = 'done')
       and exists (select from episode e where e.incident_id = i.id and e.alert->>'name' = any($4))`,
    [target, id, seconds, alerts.map(({ name }) => name)],
  );
  return Number(rows[0]?.count ?? 0);
}

/** Actions that are to be taken back at a due time, after their incident has ended: claimed like incidents, by a lease. */
import type { Database } from './database.ts';
import type { ActionRecord } from './incident.ts';
import { audit } from './ingest.ts';
import { type ActionRow, actionOf } from './rows.ts';
import { redacted, storable } from './stored-text.ts';

export interface TakeBacks {
  /** One that is due and whose target has no open incident, for `leaseMs`; null where there is none. */
  claim(owner: string, leaseMs: number): Promise<ActionRecord | null>;
  /** It was taken back (`done`), could not be (`failed`), or not now (`later`): a reason for the timeline of its incident. */
  finish(
    id: string,
    owner: string,
    answer: { result: 'done' | 'failed' } | { result: 'later'; inMs: number },
    why: string,
  ): Promise<void>;
}

export function makeTakeBacks(database: Database): TakeBacks {
  return {
    async claim(owner, leaseMs) {
      const { rows } = await database.query<ActionRow>(
        `update action set undo_owner = $1, undo_lease_until = clock_timestamp() + $2 * interval '1 ms'
         where id = (
           select a.id from action a join incident i on i.id = a.incident_id
           where a.undo_state = 'due' and a.undo_due_at <= clock_timestamp() and i.closed_at is not null
             and (a.undo_lease_until is null or a.undo_lease_until < clock_timestamp())
             and not exists (select from incident o where o.target = a.target and o.closed_at is null)
           order by a.undo_due_at limit 1 for update of a skip locked)
         returning *`,
        [owner, leaseMs],
      );
      return rows[0] ? actionOf(rows[0]) : null;
    },
    finish: (id, owner, answer, why) =>
      database.transaction(async (sql) => {
        // Before the action, as the stages do: `audit` wants it as well.
        await sql.query(
          'select from incident where id = (select incident_id from action where id = $1) for update',
          [id],
        );
        const later = answer.result === 'later' ? answer.inMs : null;
        const text = storable(redacted(why));
        const { rows } = await sql.query<{ incident_id: string; told: boolean }>(
          `update action a set undo_owner = null, undo_lease_until = null, undo_detail = $3,
             undo_state = case when $4::float is null then $5 else 'due' end,
             undo_due_at = case when $4::float is null then a.undo_due_at else clock_timestamp() + $4 * interval '1 ms' end,
             undone_at = case when $4::float is null then clock_timestamp() end
           from action before where a.id = $1 and before.id = a.id and a.undo_owner = $2
           returning a.incident_id, before.undo_detail = $3 as told`,
          [id, owner, text, later, answer.result],
        );
        // Put off for the same reason again is no news.
        if (!rows[0] || (later !== null && rows[0].told)) return;
        const kind = { done: 'taken_back', failed: 'take_back_failed', later: 'take_back_put_off' }[
          answer.result
        ];
        await audit(sql, rows[0].incident_id, kind, text, 'remediate');
      }),
  };
}

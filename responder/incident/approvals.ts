/** A person's word: on one exact action (approve, reject), or on a target (take). Each is given once and stored with its giver. */
import { AegisError } from '../errors.ts';
import type { Database, Sql } from './database.ts';
import { audit, WAKE_CHANNEL } from './ingest.ts';
import { isEnd, type Stage, type State } from './lifecycle.ts';
import { jsonb } from './stored-text.ts';
import type { PlannedAction } from './verdict.ts';

/** What is asked, bound to the hash of exactly what would be done. */
export interface Question {
  hash: string;
  planned: PlannedAction;
  ttlMs: number;
}
export interface Approval {
  hash: string;
  incidentId: string;
  planned: PlannedAction;
  askedAt: string;
  expiresAt: string;
  decision: 'approved' | 'rejected' | null;
  decidedBy: string | null;
  decidedAt: string | null;
}
/** A person has a target; nothing is done to it until `until`. */
export interface Hold {
  target: string;
  by: string;
  incidentId: string;
  since: string;
  until: string;
}

export interface Approvals {
  /** The question about exactly this action, if it was ever asked. */
  of(hash: string): Promise<Approval | null>;
  /** What an incident asks; where it asks nothing any more, what it asked last. */
  latest(incidentId: string): Promise<Approval | null>;
  /**
   * Throws AEGIS_NOT_FOUND where there is no such incident, AEGIS_CONFLICT (with the reason) where it asks nothing, was
   * asked something else, was decided already or too late. Of two who decide at once one is first.
   */
  decide(incidentId: string, hash: string, decision: 'approved' | 'rejected', by: string): Promise<Approval>;
  /** The incident goes to `by`, and the target is left alone for so many minutes. Throws AEGIS_NOT_FOUND, AEGIS_CONFLICT. */
  take(incidentId: string, by: string, minutes: number): Promise<Hold>;
  /** The target is AegisOps' again. Throws AEGIS_NOT_FOUND, AEGIS_CONFLICT where this incident holds nothing. */
  release(incidentId: string, by: string): Promise<{ target: string }>;
  /** Whoever had a target too long has it no more, and each such incident says so once. */
  lapse(): Promise<void>;
  /** Who has the target now. */
  holdOn(target: string): Promise<Hold | null>;
}

interface Row {
  hash: string;
  incident_id: string;
  planned: PlannedAction;
  asked_at: Date;
  expires_at: Date;
  decision: Approval['decision'];
  decided_by: string | null;
  decided_at: Date | null;
}
interface HoldRow {
  target: string;
  by: string;
  incident_id: string;
  since: Date;
  until: Date;
}

export function makeApprovals(database: Database): Approvals {
  const first = async (sql: Sql, text: string, values: unknown[]) => {
    const { rows } = await sql.query<Row>(text, values);
    return rows[0] ? approvalOf(rows[0]) : null;
  };
  return {
    of: (hash) => first(database, 'select * from approval where hash = $1', [hash]),
    latest: (id) =>
      first(
        database,
        // The one of its verdict first: what was asked before, and is asked again, was not asked last.
        `select a.* from approval a join incident i on i.id = a.incident_id where i.id = $1
         order by (a.hash = coalesce(i.findings->'verdict'->>'hash', '')) desc, a.asked_at desc, a.hash limit 1`,
        [id],
      ),
    decide: (incidentId, hash, decision, by) =>
      database.transaction(async (sql) => {
        const incident = await lockIncident(sql, incidentId);
        const { rows } = await sql.query<Row>(
          `update approval set decision = $3, decided_by = $4, decided_at = clock_timestamp()
           where incident_id = $1 and hash = $2 and decision is null and expires_at > clock_timestamp()
             and $5 returning *`,
          [incidentId, hash, decision, by, incident.state === 'awaiting_approval' && incident.asks === hash],
        );
        if (!rows[0]) throw new AegisError('AEGIS_CONFLICT', await whyNot(sql, incidentId, incident, hash));
        await wake(sql, incidentId, decision, `${decision} by ${by}`);
        return approvalOf(rows[0]);
      }),
    ...makeHolds(database),
  };
}

function makeHolds(database: Database): Pick<Approvals, 'take' | 'release' | 'lapse' | 'holdOn'> {
  return {
    take: (incidentId, by, minutes) =>
      database.transaction(async (sql) => {
        const { target, state } = await lockIncident(sql, incidentId);
        if (isEnd(state))
          throw new AegisError('AEGIS_CONFLICT', `${incidentId} has ended already: it is ${state}`);
        const before = await holderBefore(sql, target, incidentId);
        const { rows } = await sql.query<HoldRow>(
          `insert into hold (target, by, incident_id, until)
           values ($1, $2, $3, clock_timestamp() + $4 * interval '1 minute')
           on conflict (target) do update set by = excluded.by, incident_id = excluded.incident_id,
             since = clock_timestamp(), until = excluded.until
           returning *`,
          [target, by, incidentId, minutes],
        );
        const hold = holdOf(rows[0] as HoldRow);
        if (before) await audit(sql, before, 'lapsed', `${by} has ${target} now, by ${incidentId}`);
        await wake(sql, incidentId, 'taken', `${by} has it: ${target} is left alone until ${hold.until}`);
        return hold;
      }),
    release: (incidentId, by) =>
      database.transaction(async (sql) => {
        const { target } = await lockIncident(sql, incidentId);
        const { rowCount } = await sql.query(
          'delete from hold where incident_id = $1 and until > clock_timestamp()',
          [incidentId],
        );
        if (rowCount === 0)
          throw new AegisError('AEGIS_CONFLICT', `nobody has ${target} by ${incidentId}, or no longer`);
        await wake(sql, incidentId, 'released', `${by} gave ${target} back`);
        return { target };
      }),
    async lapse() {
      const { rows } = await database.query<{ incident_id: string }>(
        'select incident_id from hold where until <= clock_timestamp() order by incident_id',
      );
      for (const { incident_id: id } of rows)
        await database.transaction(async (sql) => {
          // Taken again or given back meanwhile, it has not lapsed.
          const { state } = await lockIncident(sql, id);
          const gone = await sql.query<HoldRow>(
            'delete from hold where incident_id = $1 and until <= clock_timestamp() returning *',
            [id],
          );
          const hold = gone.rows[0];
          if (hold && !isOver(state))
            await wake(sql, id, 'lapsed', `${hold.by} had ${hold.target} until ${hold.until.toISOString()}`);
        });
    },
    async holdOn(target) {
      const { rows } = await database.query<HoldRow>(
        'select * from hold where target = $1 and until > clock_timestamp()',
        [target],
      );
      return rows[0] ? holdOf(rows[0]) : null;
    },
  };
}

/** Of what is over nobody has to hear that nobody has it any more. */
const isOver = (state: State) => state === 'resolved' || state === 'no_action';

/** The older incident by which somebody has the target, locked before the hold is, as those do who give back; else null. */
async function holderBefore(sql: Sql, target: string, incidentId: string): Promise<string | null> {
  const { rows } = await sql.query<HoldRow>('select * from hold where target = $1 and incident_id <> $2', [
    target,
    incidentId,
  ]);
  const id = rows[0]?.incident_id;
  return id === undefined || isOver((await lockIncident(sql, id)).state) ? null : id;
}

/** Part of the transaction in which the guard's answer is stored. Asking the same again keeps the first question. */
export async function ask(sql: Sql, { hash, planned, ttlMs }: Question): Promise<void> {
  await sql.query(
    `insert into approval (hash, incident_id, planned, expires_at)
     values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms') on conflict (hash) do nothing`,
    [hash, planned.incidentId, jsonb(planned), ttlMs],
  );
}

/** `asks` is the hash of the action that its verdict is about. */
interface Locked {
  target: string;
  state: State;
  asks: string | null;
}

async function lockIncident(sql: Sql, id: string): Promise<Locked> {
  // Anything else is no id of ours, and may be what PostgreSQL cannot hold.
  const { rows } = /^[\w-]{1,100}$/.test(id)
    ? await sql.query<Locked>(
        `select target, state, findings->'verdict'->>'hash' as asks from incident where id = $1 for update`,
        [id],
      )
    : { rows: [] };
  if (!rows[0]) throw new AegisError('AEGIS_NOT_FOUND', `there is no incident ${id}`);
  return rows[0];
}

async function whyNot(sql: Sql, incidentId: string, { state, asks }: Locked, hash: string): Promise<string> {
  const { rows } = await sql.query<Row & { late: boolean }>(
    `select *, expires_at <= clock_timestamp() as late from approval
     where incident_id = $1 order by (hash = $2) desc, asked_at desc limit 1`,
    [incidentId, hash],
  );
  const asked = rows[0];
  if (!asked) return `${incidentId} asks nothing: it is ${state}`;
  const other = `the hash is not the one that ${incidentId} asks about: look again at what would be done`;
  if (asked.hash !== hash) return other;
  if (asked.decision)
    return `it was ${asked.decision} already, by ${asked.decided_by} at ${asked.decided_at?.toISOString()}`;
  if (asked.late) return `the question lapsed at ${asked.expires_at.toISOString()}`;
  if (state === 'awaiting_approval' && asks !== hash) return other;
  return `${incidentId} does not wait for an answer: it is ${state}`;
}

/** Into the timeline, and the worker looks at it at once; also where its stage runs just now (`woken`). */
async function wake(sql: Sql, incidentId: string, kind: string, text: string): Promise<void> {
  const { rows } = await sql.query<{ stage: Stage }>(
    `update incident set woken = true, due_at = least(due_at, clock_timestamp()) where id = $1 returning stage`,
    [incidentId],
  );
  await sql.query(
    `insert into audit (incident_id, stage, state, kind, text) select id, $2, state, $3, $4 from incident where id = $1`,
    [incidentId, rows[0]?.stage, kind, text],
  );
  await sql.query('select pg_notify($1, $2)', [WAKE_CHANNEL, '']);
}

function approvalOf(row: Row): Approval {
  return {
    hash: row.hash,
    incidentId: row.incident_id,
    planned: row.planned,
    askedAt: row.asked_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decision: row.decision,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
  };
}
function holdOf(row: HoldRow): Hold {
  return {
    target: row.target,
    by: row.by,
    incidentId: row.incident_id,
    since: row.since.toISOString(),
    until: row.until.toISOString(),
  };
}

/** From rows to the record and back: the only place that knows the column names of an incident. */
import type { Sql } from './database.ts';
import {
  type ActionRecord,
  type Alert,
  type AuditEvent,
  type Findings,
  type Incident,
  NOTHING_FOUND,
} from './incident.ts';

export interface IncidentRow {
  id: string;
  target: string;
  state: Incident['state'];
  stage: Incident['stage'];
  outcome: Incident['outcome'];
  attempts: number;
  retries: number;
  starts_at: Date;
  opened_at: Date;
  closed_at: Date | null;
  traceparent: string | null;
  findings: Partial<Findings>;
  follows: string | null;
}
interface EpisodeRow {
  incident_id: string;
  alert: Alert;
  status: Alert['status'];
}
export interface ActionRow {
  id: string;
  incident_id: string;
  attempt: number;
  action: ActionRecord['action'];
  target: string;
  instance: string;
  runtime: string;
  verdict_hash: string;
  before: ActionRecord['before'];
  state: ActionRecord['state'];
  detail: string;
  intended_at: Date;
  settled_at: Date | null;
  undo_state: NonNullable<ActionRecord['undo']>['state'] | null;
  undo_due_at: Date | null;
  undo_detail: string;
  undone_at: Date | null;
}

/** The whole record of an incident, with its alerts and actions. */
export async function assemble(sql: Sql, row: IncidentRow): Promise<Incident> {
  const episodes = await sql.query<EpisodeRow>(
    'select incident_id, alert, status from episode where incident_id = any($1) order by starts_at, fingerprint',
    [[row.id, row.follows].filter((id) => id !== null)],
  );
  const actions = await sql.query<ActionRow>('select * from action where incident_id = $1 order by attempt', [
    row.id,
  ]);
  const followUps = await sql.query<{ id: string }>('select id from incident where follows = $1', [row.id]);
  return {
    ...NOTHING_FOUND,
    ...row.findings,
    ...headOf(row),
    followedBy: followUps.rows[0]?.id ?? null,
    alerts: episodes.rows.map((episode) => ({ ...episode.alert, status: episode.status })),
    actions: actions.rows.map(actionOf),
  };
}

export type IncidentHead = ReturnType<typeof headOf>;
export function headOf(row: IncidentRow) {
  return {
    id: row.id,
    target: row.target,
    state: row.state,
    stage: row.stage,
    outcome: row.outcome,
    attempts: row.attempts,
    retries: row.retries,
    startsAt: row.starts_at.toISOString(),
    openedAt: row.opened_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    traceparent: row.traceparent,
    follows: row.follows,
  };
}

export function actionOf(row: ActionRow): ActionRecord {
  return {
    id: row.id,
    incidentId: row.incident_id,
    attempt: row.attempt,
    action: row.action,
    target: row.target,
    instance: row.instance,
    runtime: row.runtime,
    verdictHash: row.verdict_hash,
    before: row.before,
    state: row.state,
    detail: row.detail,
    intendedAt: row.intended_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
    undo: row.undo_state && {
      state: row.undo_state,
      dueAt: row.undo_due_at?.toISOString() ?? null,
      detail: row.undo_detail,
      doneAt: row.undone_at?.toISOString() ?? null,
    },
  };
}

export async function timelineOf(sql: Sql, incidentId: string): Promise<AuditEvent[]> {
  const { rows } = await sql.query<Omit<AuditEvent, 'at'> & { at: Date }>(
    'select at, stage, state, kind, text, ms from audit where incident_id = $1 order by id',
    [incidentId],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

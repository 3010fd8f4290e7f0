/**
 * The incident table as a queue: claim, renew, finish, and the intents of actions. Every write of a worker is fenced
 * by the token of its claim, so that one which was thought dead and is not can change nothing.
 */

import { ask, type Question } from './approvals.ts';
import type { Database, Sql } from './database.ts';
import {
  type ActionRecord,
  type Alert,
  episodeOf,
  type Findings,
  type Incident,
  type Outcome,
} from './incident.ts';
import { WAKE_CHANNEL } from './ingest.ts';
import { cures, type Intent, intend, recentActions, settle, undone } from './intents.ts';
import { fence, type Lease, leaseLost } from './lease.ts';
import { type Stage, type State, stateDuring } from './lifecycle.ts';
import { assemble, type IncidentRow } from './rows.ts';
import { addLesson, type Lesson } from './runbook.ts';
import { jsonb, redacted, storable } from './stored-text.ts';

export type { Intent } from './intents.ts';
export type { Lease } from './lease.ts';

export interface Claim {
  incident: Incident;
  lease: Lease;
}

/** What a stage leaves behind: the next stage, what it found, what to write into the timeline. */
export interface Step {
  next: Stage;
  /** How long from now the next stage is due, in ms. */
  dueInMs?: number;
  found?: Partial<Findings>;
  attempts?: number;
  /** Set by the stage that decides the end; the state becomes it when the incident closes. */
  outcome?: Outcome;
  /** For the runbook, written with the rest. */
  lesson?: Lesson;
  /** What a person is asked, written with the rest. */
  question?: Question;
  events: { kind: string; text: string }[];
}

export interface Store {
  claim(owner: string, leaseMs: number): Promise<Claim | null>;
  /** False when the lease is lost: somebody else has the incident. */
  renew(lease: Lease, leaseMs: number): Promise<boolean>;
  /** Result, audit events and release in one transaction. Throws AEGIS_LEASE_LOST. @returns the state it is in now. */
  finish(lease: Lease, incident: Incident, step: Step, ms: number): Promise<State>;
  /** Puts the incident back, due later, after broken machinery. Says nothing when the lease is lost. */
  release(lease: Lease, dueInMs: number, why: string): Promise<void>;
  /** Writes the intent of an action, or gives the one that is there for this verdict. Throws AEGIS_LEASE_LOST. */
  intend(lease: Lease, intent: Intent): Promise<ActionRecord>;
  /** @param undoInMs where given, the action falls due to be taken back so long from now. */
  settle(
    lease: Lease,
    id: string,
    state: ActionRecord['state'],
    detail: string,
    undoInMs?: number,
  ): Promise<ActionRecord>;
  /** Notes that an action was taken back, or could not be. Throws AEGIS_LEASE_LOST. */
  undone(lease: Lease, id: string, state: 'done' | 'failed', detail: string): Promise<ActionRecord>;
  /** Actions on a target that were intended within the last `seconds`, newest first. */
  recentActions(target: string, seconds: number): Promise<ActionRecord[]>;
  cures(incident: Pick<Incident, 'id' | 'target' | 'alerts'>, seconds: number): Promise<number>;
  /** When the next waiting incident is due, in ms from now; null when none waits. */
  nextDueInMs(): Promise<number | null>;
}

export function makeStore(database: Database): Store {
  return {
    claim: (owner, leaseMs) => claim(database, owner, leaseMs),
    finish: (lease, incident, step, ms) => finish(database, lease, incident, step, ms),
    async renew(lease, leaseMs) {
      const asked = performance.now();
      const { rowCount } = await database.query(
        `update incident set lease_until = clock_timestamp() + $3 * interval '1 ms'
         where id = $1 and token = $2 and lease_owner is not null`,
        [lease.incidentId, lease.token, leaseMs],
      );
      if (rowCount === 1) lease.until = asked + leaseMs;
      return rowCount === 1;
    },
    async release(lease, dueInMs, why) {
      await database.transaction(async (sql) => {
        const { rows } = await sql.query<{ stage: Stage; state: State }>(
          `update incident set lease_owner = null, lease_until = null, retries = retries + 1,
             due_at = clock_timestamp() + $3 * interval '1 ms'
           where id = $1 and token = $2 and lease_owner is not null returning stage, state`,
          [lease.incidentId, lease.token, dueInMs],
        );
        if (rows[0])
          await writeAudit(sql, lease.incidentId, { ...rows[0], kind: 'retry', text: why, ms: null });
      });
    },
    intend: (lease, intent) => intend(database, lease, intent),
    settle: (lease, id, state, detail, undoInMs) => settle(database, lease, id, state, detail, undoInMs),
    undone: (lease, id, state, detail) => undone(database, lease, id, state, detail),
    recentActions: (target, seconds) => recentActions(database, target, seconds),
    cures: (incident, seconds) => cures(database, incident, seconds),
    async nextDueInMs() {
      const { rows } = await database.query<{ ms: number | null }>(
        `select extract(epoch from min(greatest(due_at, coalesce(lease_until, due_at))) - clock_timestamp())::float * 1000 as ms
         from incident where closed_at is null`,
      );
      return rows[0]?.ms ?? null;
    },
  };
}

async function claim(database: Database, owner: string, leaseMs: number): Promise<Claim | null> {
  const asked = performance.now();
  const { rows } = await database.query<IncidentRow & { token: string }>(
    `update incident set lease_owner = $1, lease_until = clock_timestamp() + $2 * interval '1 ms', token = token + 1, woken = false,
       -- Whoever held it died in it: a stage that kills its worker must not go round for ever.
       retries = retries + case when lease_owner is null then 0 else 1 end,
       state = case when state = 'detected' then 'diagnosing' else state end
     where id = (
       select id from incident
       where closed_at is null and due_at <= clock_timestamp() and (lease_until is null or lease_until < clock_timestamp())
       order by due_at limit 1 for update skip locked)
     returning *`,
    [owner, leaseMs],
  );
  const row = rows[0];
  if (!row) return null;
  const lease = { incidentId: row.id, owner, token: row.token, until: asked + leaseMs };
  return { incident: await assemble(database, row), lease };
}

async function finish(
  database: Database,
  lease: Lease,
  incident: Incident,
  step: Step,
  ms: number,
): Promise<State> {
  return database.transaction(async (sql) => {
    const late = await lateAlerts(sql, lease, incident);
    const { next, outcome, events, found, lesson, question } =
      late.length > 0 ? lookAgain(incident, late) : stepOf(step, incident);
    const closes = next === 'closed';
    if (closes && !outcome) throw new Error(`${incident.id} cannot close without an outcome`);
    const state: State = closes && outcome ? outcome : stateDuring(next, incident.state);
    const { rowCount } = await sql.query(
      `update incident set stage = $3, state = $4, outcome = $5, attempts = $6, findings = findings || $7::jsonb,
         -- Whoever was decided about or taken while its stage ran has to be looked at again at once.
         due_at = clock_timestamp() + case when woken then 0 else $8::float end * interval '1 ms', closed_at = case when $9 then clock_timestamp() end,
         retries = 0, lease_owner = null, lease_until = null
       where id = $1 and token = $2 and lease_owner is not null`,
      [
        lease.incidentId,
        lease.token,
        next,
        state,
        outcome,
        step.attempts ?? incident.attempts,
        jsonb(found),
        step.dueInMs ?? 0,
        closes,
      ],
    );
    if (rowCount !== 1) throw leaseLost(lease);
    for (const [i, event] of events.entries())
      await writeAudit(sql, lease.incidentId, {
        stage: incident.stage,
        state,
        ...event,
        ms: i === 0 ? ms : null,
      });
    if (lesson) await addLesson(sql, lesson);
    if (question) await ask(sql, question);
    await sql.query('select pg_notify($1, $2)', [WAKE_CHANNEL, '']);
    return state;
  });
}

function stepOf({ next, outcome, events, found = {}, lesson, question }: Step, incident: Incident) {
  return { next, outcome: outcome ?? incident.outcome, events, found, lesson, question };
}

/**
 * Firing alerts that joined after the last look at the system. Asked when the last stage ends, with the incident's row
 * held, so that none can join between this answer and the close; in all other stages there is still a look to come.
 */
async function lateAlerts(sql: Sql, lease: Lease, incident: Incident): Promise<string[]> {
  if (incident.stage !== 'learn') return [];
  await fence(sql, lease);
  const { rows } = await sql.query<{ alert: Alert }>(
    `select alert from episode where incident_id = $1 and status = 'firing'`,
    [lease.incidentId],
  );
  const late = rows.filter(({ alert }) => !incident.seen.includes(episodeOf(alert)));
  return late.map(({ alert }) => alert.name);
}

/** Instead of the close: what was decided knew nothing of them. */
function lookAgain(incident: Incident, names: string[]): ReturnType<typeof stepOf> {
  const acted = incident.actions.some((action) => action.state === 'done');
  const text = `${names.join(', ')} joined while the incident was ending: looking again`;
  return {
    next: acted && incident.state === 'verifying' ? 'verify' : 'gather',
    outcome: null,
    events: [{ kind: 'joined_late', text }],
    found: { conclusion: null },
    lesson: undefined,
    question: undefined,
  };
}

interface AuditRow {
  stage: string;
  state: string;
  kind: string;
  text: string;
  ms: number | null;
}
async function writeAudit(sql: Sql, incidentId: string, row: AuditRow): Promise<void> {
  await sql.query(
    'insert into audit (incident_id, stage, state, kind, text, ms) values ($1, $2, $3, $4, $5, $6)',
    [incidentId, row.stage, row.state, row.kind, storable(redacted(row.text)), row.ms],
  );
}

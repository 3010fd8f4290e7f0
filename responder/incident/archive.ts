/** Reading incidents: lists, single ones with their timeline, and what a scrape wants to know. */
import { AegisError } from '../errors.ts';
import type { Database } from './database.ts';
import type { AuditEvent, Category, Incident, Outcome } from './incident.ts';
import type { State } from './lifecycle.ts';
import { assemble, headOf, type IncidentHead, type IncidentRow, timelineOf } from './rows.ts';

export interface ListFilter {
  target?: string | undefined;
  state?: State | undefined;
  /** As decided: an incident that is still to be closed has one already. */
  outcome?: Outcome | undefined;
  /** One of its alerts has this name. */
  alertname?: string | undefined;
  /** True: only those that have not ended. */
  open?: boolean | undefined;
  /**
   * True: what somebody may have to see to, the most urgent first; such a list has no second page. What has not ended, or could
   * not be taken back, and what was handed to a person: while its alerts fire, and for a day after it was opened. Only of what
   * Alertmanager tells is it known whether it still fires.
   */
  unfinished?: boolean | undefined;
  /** Words, each of which stands in the target, an alert's name, the category, the conclusion, or is the id. */
  q?: string | undefined;
  /** ISO time: only incidents opened since. */
  since?: string | undefined;
  limit: number;
  /** `next` of the page before. */
  cursor?: string | undefined;
}
export interface Archive {
  /** Newest first. `next` is null on the last page. Throws AEGIS_QUERY for a cursor that is none. */
  list(filter: ListFilter): Promise<{ incidents: IncidentSummary[]; next: string | null }>;
  one(id: string): Promise<(Incident & { timeline: AuditEvent[] }) | null>;
  /** Targets with an open incident and the state it is in. */
  openStates(): Promise<{ target: string; state: State }[]>;
  ping(): Promise<void>;
}
export type IncidentSummary = IncidentHead & {
  alertname: string | null;
  category: Category | null;
  conclusion: string | null;
  /** Whether one of its alerts still fires. */
  firing: boolean;
  /** What could not be taken back, and still stands there: `SCALE_UP of shop-2`. */
  notTakenBack: string | null;
};

export function makeArchive(database: Database): Archive {
  return {
    list: (filter) => list(database, filter),
    async one(id) {
      if (!/^[\w-]{1,100}$/.test(id)) return null;
      const { rows } = await database.query<IncidentRow>('select * from incident where id = $1', [id]);
      if (!rows[0]) return null;
      const [incident, timeline] = await Promise.all([assemble(database, rows[0]), timelineOf(database, id)]);
      return { ...incident, timeline };
    },
    async openStates() {
      const { rows } = await database.query<{ target: string; state: State }>(
        'select target, state from incident where closed_at is null',
      );
      return rows;
    },
    async ping() {
      await database.query('select 1');
    },
  };
}

const FIRING = "select from episode where incident_id in (i.id, i.follows) and status = 'firing'";
const STUCK = "select from action where incident_id = i.id and undo_state = 'failed'";
const UNFINISHED = `closed_at is null or exists (${STUCK}) or (state in ('escalated', 'failed') and (
  opened_at > now() - interval '1 day' or exists (${FIRING} and alert->>'source' = 'alertmanager')))`;
const MOST_URGENT = "(state = 'awaiting_approval') desc, (closed_at is null) desc,";

async function list(database: Database, filter: ListFilter) {
  const after = filter.cursor === undefined ? null : parseCursor(filter.cursor);
  const { rows } = await database.query<Row>(
    `select i.*, (select alert->>'name' from episode where incident_id in (i.id, i.follows) order by starts_at, fingerprint limit 1) as alertname,
       exists (${FIRING}) as firing,
       (select action || ' of ' || instance from action where incident_id = i.id and undo_state = 'failed' order by intended_at limit 1) as stuck
     from incident i
     where ($1::text is null or target = $1) and ($2::text is null or state = $2)
       and ($3::timestamptz is null or opened_at >= $3)
       and ($4::timestamptz is null or (opened_at, id) < ($4, $5))
       and ($7::text is null or outcome = $7)
       and ($8::text is null or exists (
         select from episode where incident_id in (i.id, i.follows) and alert->>'name' = $8))
       and ($9::boolean is not true or closed_at is null)
       and ($11::boolean is not true or ${UNFINISHED})
       and not exists (
         select from unnest($10::text[]) as word
         where not (i.id = word or position(word in lower(concat_ws(' ', target, replace(category, '_', ' '), category, i.conclusion))) > 0
           or exists (select from episode where incident_id in (i.id, i.follows) and position(word in lower(alert->>'name')) > 0)))
     order by ${filter.unfinished ? MOST_URGENT : ''} opened_at desc, id desc limit $6`,
    [
      filter.target,
      filter.state,
      filter.since,
      after?.at,
      after?.id,
      filter.limit + 1,
      filter.outcome,
      filter.alertname,
      filter.open,
      wordsIn(filter.q),
      filter.unfinished,
    ],
  );
  const page = rows.slice(0, filter.limit);
  const last = page.at(-1);
  const next = rows.length > filter.limit && last ? `${last.opened_at.toISOString()}_${last.id}` : null;
  const incidents = page.map((row) => ({
    ...headOf(row),
    alertname: row.alertname,
    category: row.findings.diagnosis?.category ?? null,
    conclusion: row.findings.conclusion ?? null,
    firing: row.firing,
    notTakenBack: row.stuck,
  }));
  return { incidents, next };
}

type Row = IncidentRow & { alertname: string | null; firing: boolean; stuck: string | null };

function wordsIn(text = ''): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(inc-[a-z0-9-]+)$/;

function parseCursor(cursor: string): { at: string; id: string } {
  const match = CURSOR.exec(cursor);
  if (!match?.[1] || !match[2] || !isTime(match[1]))
    throw new AegisError('AEGIS_QUERY', `cursor "${cursor}" is none that this list gave out`, {
      field: 'cursor',
    });
  return { at: match[1], id: match[2] };
}

/** Not only in its form: no 31st of February, nor a year before all incidents, which PostgreSQL would refuse. */
function isTime(text: string): boolean {
  const at = new Date(text);
  return at.getTime() >= 0 && at.toISOString() === text;
}

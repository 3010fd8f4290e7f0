/** What worked before: one entry per signature of a failure and action that was tried on it, worth less the older it is. */
import { createHash } from 'node:crypto';
import type { Database, Sql } from './database.ts';
import type { Action, Category, RunbookEntry } from './incident.ts';

const SIGNATURE_CHARS = 400;
/** A storm of alerts is no better known by more names than these. */
const MOST_NAMES = 50;
/** More would only be skimmed. */
const MOST_RECALLED = 10;
const DAY_SECONDS = 86_400;
/** Beyond so many half-lives nothing is left, and the server could not compute with the rest. */
const MOST_HALF_LIVES = 500;

export interface Lesson {
  signature: string;
  action: Action;
  category: Category;
  target: string;
  /** Names of the alerts that the signature stands for. */
  alerts: string[];
  /** Null: nothing was tried (refused, or nothing to do), so neither count moves. */
  worked: boolean | null;
  note: string;
}
/** What is to be recognised. */
export interface Likeness {
  target: string;
  alerts: string[];
  /** Null where it is not known (yet): then only the alerts tell. */
  category: Category | null;
}
export interface Runbook {
  /**
   * What was like it: of the same target first, then of others whose alerts and category are alike; of these the most alike,
   * then what has helped most of late. At most 10, each with `match`.
   */
  similar(like: Likeness): Promise<RunbookEntry[]>;
  all(): Promise<RunbookEntry[]>;
}

interface Row extends Omit<RunbookEntry, 'lastSeen' | 'recent' | 'match'> {
  alerts: string[];
  last_seen: Date;
  recent_succeeded: number;
  recent_failed: number;
}

/** A lesson weighs half as much with every half-life that has passed since; `$1` is that in seconds. */
const WEIGHED = `select r.*, l.* from runbook r, lateral (
  select coalesce(sum(weight) filter (where worked), 0) as recent_succeeded,
    coalesce(sum(weight) filter (where not worked), 0) as recent_failed
  from (
    select worked, power(0.5::double precision, least(${MOST_HALF_LIVES},
      greatest(0, extract(epoch from now() - at)::double precision / $1))) as weight
    from lesson where lesson.signature = r.signature and lesson.action = r.action
  ) as weights
) as l`;
/** Alerts in common, as a share of those of either: 1 where they are the same. */
const LIKENESS = `(select count(*) from unnest(r.alerts) as name where name = any($3))::double precision
  / greatest(1, (select count(distinct name) from unnest(r.alerts || $3) as name))`;

/** @param halfLifeDays after so many days a lesson counts half */
export function makeRunbook(database: Database, { halfLifeDays }: { halfLifeDays: number }): Runbook {
  const halfLife = halfLifeDays * DAY_SECONDS;
  return {
    async similar(like) {
      const { target, alerts, category } = like;
      const { rows } = await database.query<Row>(
        `${WEIGHED} where r.target = $2 or (r.alerts && $3 and ($4::text is null or r.category = $4))
         order by r.target = $2 desc, ${LIKENESS} desc, coalesce(r.category = $4, false) desc,
           recent_succeeded - recent_failed desc, r.last_seen desc, r.signature, r.action
         limit ${MOST_RECALLED}`,
        [halfLife, target, [...new Set(alerts)], category],
      );
      return rows.map((row) => ({ ...entryOf(row), match: matchOf(row, like) }));
    },
    async all() {
      const { rows } = await database.query<Row>(`${WEIGHED} order by r.last_seen desc limit 1000`, [
        halfLife,
      ]);
      return rows.map(entryOf);
    },
  };
}

function entryOf({ alerts: _, last_seen, recent_succeeded, recent_failed, ...row }: Row): RunbookEntry {
  const recent = { succeeded: rounded(recent_succeeded), failed: rounded(recent_failed) };
  return { ...row, lastSeen: last_seen.toISOString(), recent };
}

const rounded = (weight: number) => Number(weight.toFixed(2));

/** In words, so that nobody takes what helped elsewhere for what helped here. */
function matchOf(entry: Row, { target, alerts, category }: Likeness): string {
  const names = new Set(alerts);
  const shared = entry.alerts.filter((name) => names.has(name)).length;
  const all = new Set([...entry.alerts, ...names]).size;
  const same = shared === all ? 'the same alerts' : `${shared} of ${all} alerts the same`;
  return [
    entry.target === target ? 'the same target' : `another target, ${entry.target}`,
    shared > 0 ? same : 'other alerts',
    ...(category && entry.category !== category ? ['another cause'] : []),
  ].join(', ');
}

/** A key of an index must be short: of a storm of names the beginning stays, with a hash of them all. */
function short(signature: string): string {
  if (signature.length <= SIGNATURE_CHARS) return signature;
  const hash = createHash('sha256').update(signature).digest('hex').slice(0, 12);
  return `${signature.slice(0, SIGNATURE_CHARS).toWellFormed()}... (${hash})`;
}

/** Part of the transaction that closes an incident, so that a lesson counts once. */
export async function addLesson(sql: Sql, lesson: Lesson): Promise<void> {
  const { action, category, target, worked, note } = lesson;
  const signature = short(lesson.signature);
  const alerts = [...new Set(lesson.alerts)].slice(0, MOST_NAMES).map(short);
  await sql.query(
    `insert into runbook as r (signature, action, category, target, alerts, succeeded, failed, note)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (signature, action) do update set succeeded = r.succeeded + excluded.succeeded,
       failed = r.failed + excluded.failed, alerts = excluded.alerts, note = excluded.note, last_seen = now()`,
    [signature, action, category, target, alerts, worked === true ? 1 : 0, worked === false ? 1 : 0, note],
  );
  if (worked === null) return;
  await sql.query('insert into lesson (signature, action, worked) values ($1, $2, $3)', [
    signature,
    action,
    worked,
  ]);
}

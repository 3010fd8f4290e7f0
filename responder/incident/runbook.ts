/** What worked before: one entry per signature of a failure and action that was tried on it. */
import { createHash } from 'node:crypto';
import type { Database, Sql } from './database.ts';
import type { Action, Category, RunbookEntry } from './incident.ts';

const SIGNATURE_CHARS = 400;

export interface Lesson {
  signature: string;
  action: Action;
  category: Category;
  target: string;
  /** Null: nothing was tried (refused, or nothing to do), so neither count moves. */
  worked: boolean | null;
  note: string;
}
export interface Runbook {
  /** Entries of the same target, best first. */
  forTarget(target: string): Promise<RunbookEntry[]>;
  all(): Promise<RunbookEntry[]>;
}

type Row = Omit<RunbookEntry, 'lastSeen'> & { last_seen: Date };
const entryOf = ({ last_seen, ...row }: Row): RunbookEntry => ({ ...row, lastSeen: last_seen.toISOString() });

export function makeRunbook(database: Database): Runbook {
  return {
    async forTarget(target) {
      const { rows } = await database.query<Row>(
        'select * from runbook where target = $1 order by succeeded - failed desc, last_seen desc limit 10',
        [target],
      );
      return rows.map(entryOf);
    },
    async all() {
      const { rows } = await database.query<Row>('select * from runbook order by last_seen desc limit 1000');
      return rows.map(entryOf);
    },
  };
}

/** A key of an index must be short: of a storm of names the beginning stays, with a hash of them all. */
function short(signature: string): string {
  if (signature.length <= SIGNATURE_CHARS) return signature;
  const hash = createHash('sha256').update(signature).digest('hex').slice(0, 12);
  return `${signature.slice(0, SIGNATURE_CHARS).toWellFormed()}... (${hash})`;
}

/** Part of the transaction that closes an incident, so that a lesson counts once. */
export async function addLesson(sql: Sql, lesson: Lesson): Promise<void> {
  const { signature, action, category, target, worked, note } = lesson;
  await sql.query(
    `insert into runbook as r (signature, action, category, target, succeeded, failed, note)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (signature, action) do update set succeeded = r.succeeded + excluded.succeeded,
       failed = r.failed + excluded.failed, note = excluded.note, last_seen = now()`,
    [short(signature), action, category, target, worked === true ? 1 : 0, worked === false ? 1 : 0, note],
  );
}

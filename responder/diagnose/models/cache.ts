/** Answers by the hash of what was asked, for a week: a crash, a takeover or a second look at the same is not asked again. */
import type { Sql } from '../../incident/database.ts';
import { redacted, storable } from '../../incident/stored-text.ts';

export interface Cache {
  get(key: string): Promise<string | null>;
  put(key: string, answer: string): Promise<void>;
}

const KEEP_DAYS = 7;

export function makeCache({ sql }: { sql: Sql }): Cache {
  return {
    async get(key) {
      const { rows } = await sql.query<{ answer: string }>(
        `select answer from model_answer where key = $1 and at > clock_timestamp() - $2 * interval '1 day'`,
        [key, KEEP_DAYS],
      );
      return rows[0]?.answer ?? null;
    },
    async put(key, answer) {
      await sql.query(`delete from model_answer where at < clock_timestamp() - $1 * interval '1 day'`, [
        KEEP_DAYS,
      ]);
      await sql.query(
        `insert into model_answer (key, answer) values ($1, $2)
         on conflict (key) do update set answer = excluded.answer, at = excluded.at`,
        [key, storable(redacted(answer))],
      );
    },
  };
}

/** For a program without a database, which asks once. */
export const NO_CACHE: Cache = { get: async () => null, put: async () => {} };

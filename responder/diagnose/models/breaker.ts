/**
 * Leaves a provider alone for a while after failures in a row. The state is a row in the database, so that replicas and
 * restarts share it. Half-open by time: once it is up, one call is let through; its end decides.
 */
import type { Sql } from '../../incident/database.ts';

export interface Breaker {
  /** Null: it may be called, and whoever was told so is the only one while the breaker is half-open. Else why not. */
  refusal(provider: string): Promise<string | null>;
  succeeded(provider: string): Promise<void>;
  /** @param leastMs it asked to be left alone for so long: that opens the breaker at once */
  failed(provider: string, leastMs?: number): Promise<void>;
}

interface Options {
  sql: Sql;
  /** So many failures in a row open it. */
  failures: number;
  /** For so long, in ms. */
  openMs: number;
}

export function makeBreaker({ sql, failures, openMs }: Options): Breaker {
  return {
    async refusal(provider) {
      // Of several that come when the time is up one wins the row; to the others it is open again.
      const { rowCount } = await sql.query(
        `update model_breaker set open_until = clock_timestamp() + $2 * interval '1 ms'
         where provider = $1 and open_until <= clock_timestamp()`,
        [provider, openMs],
      );
      if (rowCount === 1) return null;
      const { rows } = await sql.query<{ failures: number; open_until: Date }>(
        'select failures, open_until from model_breaker where provider = $1 and open_until is not null',
        [provider],
      );
      const [open] = rows;
      if (!open) return null;
      const why = open.failures > 0 ? `after ${open.failures} failures in a row` : 'as it asked';
      return `left alone until ${open.open_until.toISOString()} ${why}`;
    },
    async succeeded(provider) {
      // What it asked for while this call was under way stands, however well the call ended.
      await sql.query(
        `with asked as (
           update model_breaker set failures = 0, open_until = asked_until
           where provider = $1 and asked_until > clock_timestamp())
         delete from model_breaker where provider = $1 and coalesce(asked_until <= clock_timestamp(), true)`,
        [provider],
      );
    },
    async failed(provider, leastMs = 0) {
      // One failure more never lets it be called earlier.
      const opens = (count: string) =>
        `case when ${count} >= $2::int then clock_timestamp() + greatest($3::float, $4::float) * interval '1 ms'
              when $4::float > 0 then clock_timestamp() + $4::float * interval '1 ms' end`;
      await sql.query(
        `insert into model_breaker as b (provider, failures, open_until, asked_until)
         values ($1, 1, ${opens('1')}, ${ASKED})
         on conflict (provider) do update set failures = b.failures + 1,
           open_until = greatest(b.open_until, ${opens('b.failures + 1')}),
           asked_until = greatest(b.asked_until, ${ASKED})`,
        [provider, failures, openMs, leastMs],
      );
    },
  };
}

const ASKED = `case when $4::float > 0 then clock_timestamp() + $4::float * interval '1 ms' end`;

/** For a program without a database, which asks once. */
export const NO_BREAKER: Breaker = {
  refusal: async () => null,
  succeeded: async () => {},
  failed: async () => {},
};

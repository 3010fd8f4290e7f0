/** What incidents that were cured without a person were worth: minutes that one would have taken, at a price a minute. */
import type { Database } from './database.ts';

export interface Prices {
  /** US dollars a minute of a target being broken, of those targets that tell. */
  usdPerMinute: Record<string, number>;
  /** Of all others. */
  otherUsdPerMinute: number;
  /** How long a person takes from the first sign to the cure. */
  personMinutes: number;
}

export interface Savings {
  /** Values each cured incident that was not yet, once and for ever. @returns the sum by target, in US dollars. */
  total(prices: Prices): Promise<Record<string, number>>;
}

/** Two replicas may look at once, and a transaction that closed an incident may commit after a later one's. */
const OVERLAP = "interval '10 minutes'";

/**
 * Saved: `greatest(0, person's minutes - minutes from the first alert to the proof) * price a minute`, for incidents that an
 * action ended as resolved. What went by itself, and what a person had to do, counts nothing.
 */
export function makeSavings(database: Database): Savings {
  return {
    async total({ usdPerMinute, otherUsdPerMinute, personMinutes }) {
      await database.query(
        `insert into saving (incident_id, target, closed_at, minutes, usd, person_minutes)
         select i.id, i.target, i.closed_at, saved.minutes, saved.minutes * coalesce(price.usd, $3), $4
         from incident i
         left join unnest($1::text[], $2::double precision[]) as price (target, usd) on price.target = i.target
         cross join lateral (
           select greatest(0, $4 - extract(epoch from i.closed_at - i.starts_at)::double precision / 60) as minutes
         ) as saved
         where i.outcome = 'resolved'
           and i.closed_at > coalesce((select max(closed_at) - ${OVERLAP} from saving), '-infinity')
           and exists (select from action a where a.incident_id = i.id and a.state = 'done')
         on conflict (incident_id) do nothing`,
        [Object.keys(usdPerMinute), Object.values(usdPerMinute), otherUsdPerMinute, personMinutes],
      );
      const { rows } = await database.query<{ target: string; usd: number }>(
        'select target, sum(usd)::double precision as usd from saving group by target',
      );
      return Object.fromEntries(rows.map(({ target, usd }) => [target, usd]));
    },
  };
}

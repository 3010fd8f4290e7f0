/**
 * What models may cost: calls and tokens of each provider, dollars of all together, per incident and within 24 hours (rolling, so
 * that there is no midnight at which all of it is there twice). A call is written down before it is made.
 */
import type { Database, Sql } from '../../incident/database.ts';

export interface Limits {
  calls: number;
  tokens: number;
  usd: number;
}
export interface Spent {
  tokens: { in: number; out: number };
  usd: number;
}
export interface Budget {
  /** Books a call with what it will about cost, or says why it must not be made. */
  book(call: { incidentId: string; provider: string } & Spent): Promise<{ id: string } | { refusal: string }>;
  /** What it really was. */
  settle(id: string, spent: Spent): Promise<void>;
}

interface Options {
  database: Pick<Database, 'transaction' | 'query'>;
  perIncident: Limits;
  perDay: Limits;
}

/** Any number will do as long as all replicas use the same one. */
const LOCK = 704_231_002;
const KEEP_DAYS = 30;

export function makeBudget({ database, perIncident, perDay }: Options): Budget {
  return {
    book: ({ incidentId, provider, tokens, usd }) =>
      database.transaction(async (sql) => {
        // Two replicas must not both take what is left.
        await sql.query('select pg_advisory_xact_lock($1)', [LOCK]);
        const more = { calls: 1, tokens: tokens.in + tokens.out, usd };
        const [incident, day] = await spentIn(sql, incidentId, provider);
        const refusal =
          refusalOf('of this incident', incident, more, perIncident) ??
          refusalOf('of 24 hours', day, more, perDay);
        if (refusal) return { refusal };
        await sql.query(`delete from model_call where at < clock_timestamp() - $1 * interval '1 day'`, [
          KEEP_DAYS,
        ]);
        const { rows } = await sql.query<{ id: string }>(
          `insert into model_call (incident_id, provider, tokens_in, tokens_out, usd)
           values ($1, $2, $3, $4, $5) returning id`,
          [incidentId, provider, tokens.in, tokens.out, usd],
        );
        return { id: String(rows[0]?.id) };
      }),
    async settle(id, { tokens, usd }) {
      await database.query('update model_call set tokens_in = $2, tokens_out = $3, usd = $4 where id = $1', [
        ...[id, tokens.in, tokens.out, usd],
      ]);
    },
  };
}

/** Of the incident, and of the last 24 hours. */
async function spentIn(sql: Sql, incidentId: string, provider: string): Promise<[Limits, Limits]> {
  const sums = (where: string) => `
    select count(*) filter (where provider = $2)::int as calls,
      coalesce(sum(tokens_in + tokens_out) filter (where provider = $2), 0)::float as tokens,
      coalesce(sum(usd), 0)::float as usd
    from model_call where ${where}`;
  const { rows } = await sql.query<Limits>(
    `${sums('incident_id = $1')} union all ${sums(`at > clock_timestamp() - interval '24 hours'`)}`,
    [incidentId, provider],
  );
  return rows as [Limits, Limits];
}

function refusalOf(of: string, spent: Limits, more: Limits, limits: Limits): string | null {
  if (spent.calls + more.calls > limits.calls)
    return `the budget ${of} is used up: ${spent.calls} of ${limits.calls} calls`;
  if (spent.tokens + more.tokens > limits.tokens)
    return `the budget ${of} is used up: ${spent.tokens} of ${limits.tokens} tokens, and this would be about ${more.tokens} more`;
  // What costs nothing is not held up by what others cost.
  if (more.usd > 0 && spent.usd + more.usd > limits.usd)
    return `the budget ${of} is used up: ${spent.usd.toFixed(4)} of ${limits.usd} dollars, and this would be about ${more.usd.toFixed(4)} more`;
  return null;
}

/** For a program without a database, which asks once. */
export const NO_BUDGET: Budget = { book: async () => ({ id: '' }), settle: async () => {} };

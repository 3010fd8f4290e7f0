/** One clock for all replicas: the database's. */
import type { Database } from './database.ts';

/** More than this between our clock and the database's is told: samples and logs carry the clocks of others still. */
const TOLERATED_MS = 1_000;

export interface Clock {
  clock: () => Date;
  /** Measures the offset again. */
  sync: () => Promise<void>;
}

/** Ages are differences of times that the database wrote, so our own clock may be wrong without harm. */
export async function makeClock(database: Database, onError: (words: string) => void): Promise<Clock> {
  let offsetMs = 0;
  let told = false;
  async function sync(): Promise<void> {
    const asked = Date.now();
    const { rows } = await database.query<{ now: Date }>('select clock_timestamp() as now');
    const answered = Date.now();
    offsetMs = (rows[0] as { now: Date }).now.getTime() - (asked + answered) / 2;
    const isOff = Math.abs(offsetMs) > TOLERATED_MS + (answered - asked);
    if (isOff && !told)
      onError(
        `this machine's clock and the database's are ${Math.round(offsetMs)} ms apart; set both by NTP`,
      );
    told = isOff;
  }
  await sync();
  return { clock: () => new Date(Date.now() + offsetMs), sync };
}

/**
 * How instances ended. A supervisor (Docker's restart policy) starts them again before anybody looks, and with that what they
 * ended of is gone: so each end is stored as the runtime tells it.
 */
import { AegisError } from '../errors.ts';
import type { Database } from './database.ts';
import type { ExitData } from './evidence.ts';
import { storable } from './stored-text.ts';

/** Older ones say nothing of now; and what a runtime tells again of such times is not counted a second time. */
const KEEP_HOURS = 24;
/** A loop that never rests ends some hundred times an hour. So many are read, and so many wait while the database is away. */
const MOST = 1_000;
/** The kill for memory and the end itself are told apart from each other, in any order, within this; in ms. */
const SETTLE_MS = 1_000;

/** One end of one instance. Told again, or the other half of it, it has the same key. */
export interface Exit extends ExitData {
  target: string;
  /** What makes it unique: the container and its start, for example. */
  key: string;
}
export interface ExitCount {
  target: string;
  instance: string;
  /** `oom`: killed by the kernel for its memory limit. */
  reason: 'oom' | 'error';
  count: number;
}
/** Of the last `seconds`, newest first, the requested ones too. */
export type ReadExits = (target: string, seconds: number) => Promise<ExitData[]>;
export interface Exits {
  /**
   * Stores it, or adds what it tells beyond what is stored under its key. Throws AEGIS_DATABASE_DOWN; then it is kept, and
   * stored when any of these is called next.
   */
  record(exit: Exit): Promise<void>;
  recent: ReadExits;
  /** How many nobody asked for, since ever. Never falls; one that has just come in is counted once its reason is settled. */
  counts(): Promise<ExitCount[]>;
  /** Drops what is too old. */
  prune(): Promise<void>;
}

interface Row {
  instance: string;
  at: Date;
  exit_code: number | null;
  oom_killed: boolean;
  requested: boolean;
  lived_ms: number | null;
}

export function makeExits(database: Database, { settleMs = SETTLE_MS }: { settleMs?: number } = {}): Exits {
  const waiting = new Set<Exit>();
  /** In their order, though two at once may store one twice: that is as if it had been told twice. */
  async function flush(): Promise<void> {
    for (const exit of waiting) {
      await store(database, exit).catch((error: unknown) => {
        const isAway = error instanceof AegisError && error.code === 'AEGIS_DATABASE_DOWN';
        if (!isAway) waiting.delete(exit); // it will never be taken
        throw error;
      });
      waiting.delete(exit);
    }
  }
  return {
    async record(exit) {
      waiting.add(exit);
      for (const oldest of waiting) {
        if (waiting.size <= MOST) break;
        waiting.delete(oldest);
      }
      await flush();
    },
    async recent(target, seconds) {
      await flush();
      const { rows } = await database.query<Row>(
        `select instance, at, exit_code, oom_killed, requested, lived_ms from target_exit
         where target = $1 and at > clock_timestamp() - $2 * interval '1 s' order by at desc, key limit $3`,
        [target, seconds, MOST],
      );
      return rows.map(exitOf);
    },
    async counts() {
      await flush();
      await count(database, settleMs);
      const { rows } = await database.query<Omit<ExitCount, 'count'> & { count: string }>(
        'select target, instance, reason, count from target_exit_count order by target, instance, reason',
      );
      return rows.map((row) => ({ ...row, count: Number(row.count) }));
    },
    async prune() {
      await flush();
      await count(database, settleMs);
      await database.query(
        `delete from target_exit where at < clock_timestamp() - $1 * interval '1 hour' and (counted or requested)`,
        [KEEP_HOURS],
      );
    },
  };
}

async function store(database: Database, exit: Exit): Promise<void> {
  const { key, target, instance, at, exitCode, oomKilled, requested, livedMs } = exit;
  const names = [key, target, instance].map(storable);
  // That it was for memory may be told after it was counted as an error: then it is counted as that, too, not hidden.
  await database.query(
    `insert into target_exit as e (key, target, instance, at, exit_code, oom_killed, requested, lived_ms)
     select $1, $2, $3, $4, $5, $6, $7, $8 where $4::timestamptz > clock_timestamp() - $9 * interval '1 hour'
     on conflict (key) do update set
       exit_code = coalesce(e.exit_code, excluded.exit_code), lived_ms = coalesce(e.lived_ms, excluded.lived_ms),
       oom_killed = e.oom_killed or excluded.oom_killed, requested = e.requested or excluded.requested,
       counted = e.counted and (e.oom_killed or not excluded.oom_killed)`,
    [...names, at, exitCode, oomKilled, requested, livedMs, KEEP_HOURS],
  );
}

/** Adds what is settled to the counts, each once, whichever replica comes first. */
async function count(database: Database, settleMs: number): Promise<void> {
  await database.query(
    `with settled as (
       select key from target_exit
       where not counted and not requested and recorded_at <= clock_timestamp() - $1 * interval '1 ms'
       for update skip locked
     ), now_counted as (
       update target_exit e set counted = true from settled where e.key = settled.key
       returning e.target, e.instance, case when e.oom_killed then 'oom' else 'error' end as reason
     )
     insert into target_exit_count as c (target, instance, reason, count)
     select target, instance, reason, count(*) from now_counted group by 1, 2, 3 order by 1, 2, 3
     on conflict (target, instance, reason) do update set count = c.count + excluded.count`,
    [settleMs],
  );
}

function exitOf({ instance, at, exit_code, oom_killed, requested, lived_ms }: Row): ExitData {
  return {
    instance,
    at: at.toISOString(),
    exitCode: exit_code,
    oomKilled: oom_killed,
    requested,
    livedMs: lived_ms,
  };
}

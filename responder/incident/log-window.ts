/**
 * The last minutes of log lines per service. Bounded on every side (queue, lines a service, age), oldest dropped, and
 * never in the way: a line that cannot be taken is counted, not waited for.
 */
import type { Database } from './database.ts';
import type { LogLine } from './incident.ts';
import { redacted, storable } from './stored-text.ts';

const QUEUE_LINES = 5_000;
const LINES_PER_SERVICE = 5_000;
const KEEP_MINUTES = 15;
const MESSAGE_CHARS = 4_000;
/** Looked at beyond: half a secret is no longer known for one. */
const SECRET_CHARS = 500;
const NAME_CHARS = 200;
/** Between two prunes by the clock: a flood is cut back after so many lines, too. */
const PRUNE_LINES = 20_000;

export interface LogWindow {
  /** Takes what there is room for. @returns how many lines were dropped. */
  offer(lines: LogLine[]): number;
  /** Newest last. */
  recent(service: string, since: Date, limit: number): Promise<LogLine[]>;
  /** Writes what waits; called by a timer, and by tests. */
  flush(): Promise<void>;
  /** Drops what is too old or too much. */
  prune(): Promise<void>;
}

export function makeLogWindow(database: Database): LogWindow {
  let waiting: LogLine[] = [];
  let unpruned = 0;
  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    await database.query(
      `insert into log_line (service, at, severity, message)
       select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[])`,
      [
        batch.map((line) => line.service),
        batch.map((line) => line.timestamp),
        batch.map((line) => line.severity),
        batch.map((line) => line.message),
      ],
    );
    unpruned += batch.length;
    if (unpruned >= PRUNE_LINES) await prune();
  }
  async function prune(): Promise<void> {
    unpruned = 0;
    await database.query(`delete from log_line where at < now() - $1 * interval '1 minute'`, [KEEP_MINUTES]);
    await database.query(
      `delete from log_line where id in (select id from (
         select id, row_number() over (partition by service order by id desc) as n from log_line) ranked where n > $1)`,
      [LINES_PER_SERVICE],
    );
  }
  return {
    flush,
    offer(lines) {
      const taken = lines.slice(0, QUEUE_LINES - waiting.length);
      for (const line of taken)
        waiting.push({
          ...line,
          service: storable(line.service.slice(0, NAME_CHARS)),
          severity: storable(line.severity.slice(0, NAME_CHARS)),
          message: storable(
            redacted(line.message.slice(0, MESSAGE_CHARS + SECRET_CHARS)).slice(0, MESSAGE_CHARS),
          ),
        });
      return lines.length - taken.length;
    },
    async recent(service, since, limit) {
      await flush();
      const { rows } = await database.query<{ at: Date; severity: string; message: string }>(
        'select at, severity, message from log_line where service = $1 and at >= $2 order by at desc, id desc limit $3',
        [service, since, limit],
      );
      return rows
        .reverse()
        .map(({ at, severity, message }) => ({ timestamp: at.toISOString(), severity, message, service }));
    },
    prune,
  };
}

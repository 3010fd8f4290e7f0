/** Switches and marks that hold for all replicas. */
import type { Database } from './database.ts';

export interface Halt {
  on: boolean;
  by: string;
  at: string;
}
export interface Control {
  halt(): Promise<Halt>;
  setHalt(on: boolean, by: string): Promise<void>;
  /** Notes that the Watchdog alert came in; `null` when it never has. */
  watchdogSeen(): Promise<void>;
  lastWatchdog(): Promise<Date | null>;
}

export function makeControl(database: Database): Control {
  const set = (name: string, value: unknown, by: string) =>
    database.query(
      `insert into control (name, value, changed_by) values ($1, $2, $3)
       on conflict (name) do update set value = excluded.value, changed_by = excluded.changed_by, changed_at = now()`,
      [name, JSON.stringify(value), by],
    );
  const get = async (name: string) => {
    const { rows } = await database.query<{ value: unknown; changed_at: Date; changed_by: string }>(
      'select value, changed_at, changed_by from control where name = $1',
      [name],
    );
    return rows[0] ?? null;
  };
  return {
    async halt() {
      const row = await get('halt');
      return { on: row?.value === true, by: row?.changed_by ?? '', at: row?.changed_at.toISOString() ?? '' };
    },
    async setHalt(on, by) {
      await set('halt', on, by);
    },
    async watchdogSeen() {
      await set('watchdog', true, 'alertmanager');
    },
    async lastWatchdog() {
      return (await get('watchdog'))?.changed_at ?? null;
    },
  };
}

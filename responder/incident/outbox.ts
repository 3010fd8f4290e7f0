/**
 * What is still to be shown elsewhere (Grafana, Slack, the log), for each incident and channel. Every event of a timeline leaves
 * a note in its own transaction (a trigger of migration 007), so no crash loses one; notes become rows here, one an incident and
 * channel, so that only the newest state is delivered. A row is claimed by a lease, and every write is fenced by its token.
 */
import type { Approval, Approvals, Hold } from './approvals.ts';
import type { Archive } from './archive.ts';
import type { Database } from './database.ts';
import type { AuditEvent, Incident } from './incident.ts';
import { jsonb } from './stored-text.ts';

/** Ids that the other side gave, and how far it was told. Each channel reads its own by a schema. */
export type Remote = Record<string, unknown>;

/** One incident that a channel does not show as it is now. */
export interface Waiting {
  incidentId: string;
  channel: string;
  remote: Remote;
  /** Deliveries in a row that failed. */
  tries: number;
  /** Count of changes that this delivery covers. */
  wanted: string;
  token: string;
}

export interface Outbox {
  /** Notes become waiting rows of these channels. Always needed: without any channel the notes are thrown away. */
  collect(channels: string[]): Promise<void>;
  /** One that is due, for `leaseMs`; null where none is. */
  claim(channel: string, leaseMs: number): Promise<Waiting | null>;
  /** Keeps what the other side said, and the lease for another `leaseMs`. False: somebody else has it by now. */
  save(one: Waiting, remote: Remote, leaseMs: number): Promise<boolean>;
  /** It is shown as it was at the claim. Whatever came since is due in `gapMs`. */
  shown(one: Waiting, gapMs: number): Promise<void>;
  /** It is tried again. */
  later(one: Waiting, inMs: number): Promise<void>;
  /** Rows that wait, by channel; channels without any are left out. */
  waiting(): Promise<{ channel: string; count: number }[]>;
}

/** So many notes in one go. */
const NOTES = 1_000;

export function makeOutbox(database: Database): Outbox {
  return {
    async collect(channels) {
      // `wanted` counts up rather than holding a note's id: transactions end in another order than they took their ids.
      await database.query(
        `with noted as (
           delete from outbox_note where id in (
             select id from outbox_note order by id limit $2 for update skip locked) returning incident_id)
         insert into outbox (incident_id, channel)
         select distinct incident_id, channel from noted, unnest($1::text[]) as channel order by 1, 2
         on conflict (incident_id, channel) do update set wanted = outbox.wanted + 1`,
        [channels, NOTES],
      );
    },
    async claim(channel, leaseMs) {
      const { rows } = await database.query<Row>(
        `update outbox set lease_until = clock_timestamp() + $2 * interval '1 ms', token = token + 1
         where (incident_id, channel) = (
           select incident_id, channel from outbox
           where channel = $1 and wanted > shown and due_at <= clock_timestamp()
             and (lease_until is null or lease_until < clock_timestamp())
           order by due_at limit 1 for update skip locked)
         returning incident_id, remote, tries, wanted, token`,
        [channel, leaseMs],
      );
      const row = rows[0];
      return row ? { ...row, incidentId: row.incident_id, channel } : null;
    },
    async save(one, remote, leaseMs) {
      const { rowCount } = await database.query(
        `update outbox set remote = $4::jsonb, lease_until = clock_timestamp() + $5 * interval '1 ms'
         where ${MINE} and lease_until > clock_timestamp()`,
        [...mine(one), jsonb(remote), leaseMs],
      );
      return rowCount === 1;
    },
    async shown(one, gapMs) {
      await database.query(
        `update outbox set shown = $4, tries = 0, lease_until = null, due_at = clock_timestamp() + $5 * interval '1 ms'
         where ${MINE}`,
        [...mine(one), one.wanted, gapMs],
      );
    },
    async later(one, inMs) {
      await database.query(
        `update outbox set tries = tries + 1, lease_until = null, due_at = clock_timestamp() + $4 * interval '1 ms'
         where ${MINE}`,
        [...mine(one), inMs],
      );
    },
    async waiting() {
      const { rows } = await database.query<{ channel: string; count: number }>(
        'select channel, count(*)::int as count from outbox where wanted > shown group by channel order by channel',
      );
      return rows;
    },
  };
}

interface Row {
  incident_id: string;
  remote: Remote;
  tries: number;
  wanted: string;
  token: string;
}

const MINE = 'incident_id = $1 and channel = $2 and token = $3';
const mine = ({ incidentId, channel, token }: Waiting) => [incidentId, channel, token];

/** The record with all that people are told of it. */
export type Told = Incident & { timeline: AuditEvent[]; approval: Approval | null; hold: Hold | null };
/** Null where there is no such incident. */
export type FindTold = (id: string) => Promise<Told | null>;

export function makeFindTold({
  archive,
  approvals,
}: {
  archive: Pick<Archive, 'one'>;
  approvals: Pick<Approvals, 'latest' | 'holdOn'>;
}): FindTold {
  return async (id) => {
    const incident = await archive.one(id);
    if (!incident) return null;
    const [approval, hold] = await Promise.all([approvals.latest(id), approvals.holdOn(incident.target)]);
    return { ...incident, approval, hold: hold?.incidentId === id ? hold : null };
  };
}

export interface Once {
  /** True for the first that comes with this key within the last `seconds`, of all replicas. */
  first(key: string, seconds: number): Promise<boolean>;
}

export function makeOnce(database: Database): Once {
  return {
    async first(key, seconds) {
      await database.query(
        `delete from request_seen where at < clock_timestamp() - $1 * interval '1 second'`,
        [seconds],
      );
      const { rowCount } = await database.query(
        'insert into request_seen (key) values ($1) on conflict do nothing',
        [key],
      );
      return rowCount === 1;
    },
  };
}

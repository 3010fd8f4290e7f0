/** The right to work on one incident, for a while; every write under it is fenced. */
import { AegisError } from '../errors.ts';
import type { Sql } from './database.ts';

export interface Lease {
  incidentId: string;
  owner: string;
  token: string;
  /** Reading of `performance.now()` at which it ends; taken before the claim was sent, so rather too early. */
  until: number;
}

/** Holds the incident's row until the transaction ends, or throws when it is somebody else's by now. */
export async function fence(sql: Sql, lease: Lease): Promise<void> {
  const { rowCount } = await sql.query(
    'select 1 from incident where id = $1 and token = $2 and lease_until > clock_timestamp() for update',
    [lease.incidentId, lease.token],
  );
  if (rowCount !== 1) throw leaseLost(lease);
}

export function leaseLost(lease: Lease): AegisError {
  return new AegisError(
    'AEGIS_LEASE_LOST',
    `${lease.owner} no longer holds the lease of ${lease.incidentId}`,
  );
}

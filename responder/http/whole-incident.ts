/** One incident with what a person was asked about it, and who has its target. */
import type { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { Approval, Approvals, Hold } from '../incident/approvals.ts';
import type { Archive } from '../incident/archive.ts';
import type { AuditEvent, Incident } from '../incident/incident.ts';
import type { ApprovalAnswer } from './answers.ts';

export type ShownApproval = z.infer<typeof ApprovalAnswer>;
export type WholeIncident = Incident & {
  timeline: AuditEvent[];
  approval: ShownApproval | null;
  hold: Hold | null;
};
/** Throws AEGIS_NOT_FOUND. */
export type FindWhole = (id: string) => Promise<WholeIncident>;

interface Options {
  archive: Pick<Archive, 'one'>;
  approvals: Pick<Approvals, 'latest' | 'holdOn'>;
}

export function makeFindWhole({ archive, approvals }: Options): FindWhole {
  return async (id) => {
    const incident = await archive.one(id);
    if (!incident) throw new AegisError('AEGIS_NOT_FOUND', `there is no incident ${id}`);
    const [approval, hold] = await Promise.all([approvals.latest(id), approvals.holdOn(incident.target)]);
    return {
      ...incident,
      approval: approval && shown(approval),
      hold: hold?.incidentId === id ? hold : null,
    };
  };
}

/** As the API tells it: the incident stands around it already. */
export function shown({
  hash,
  planned,
  askedAt,
  expiresAt,
  decision,
  decidedBy,
  decidedAt,
}: Approval): ShownApproval {
  return { hash, planned, askedAt, expiresAt, decision, by: decidedBy, at: decidedAt };
}

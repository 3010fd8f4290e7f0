/** Reading incidents and the runbook, as JSON. */
import express, { type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { Archive } from '../incident/archive.ts';
import type { AuditEvent, Incident } from '../incident/incident.ts';
import { STATES } from '../incident/lifecycle.ts';
import type { Runbook } from '../incident/runbook.ts';
import { storable } from '../incident/stored-text.ts';
import { requireToken } from './auth.ts';

export interface ApiOptions {
  tokens: (string | undefined)[];
  archive: Archive;
  runbook: Runbook;
}

export const ListQuery = z.strictObject({
  target: z
    .string()
    .max(300)
    .refine((name) => name === storable(name), 'has characters that no name has')
    .optional(),
  state: z.enum(STATES).optional(),
  since: z.iso
    .datetime({ offset: true })
    .refine((time) => Date.parse(time) >= 0, 'is before 1970')
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

export function apiRoutes({ tokens, archive, runbook }: ApiOptions): Router {
  const routes = express.Router();
  routes.use(['/api', '/runbook.json'], requireToken(...tokens));
  routes.get('/api/incidents', async (request, response) => {
    const query = ListQuery.safeParse(request.query);
    if (!query.success) throw badQuery(query.error);
    response.json(await archive.list(query.data));
  });
  routes.get('/api/incidents/:id', async (request, response) => {
    response.json(await oneIncident(archive, request.params.id));
  });
  routes.get('/api/incidents/:id/postmortem', async (request, response) => {
    const { id, postmortem } = await oneIncident(archive, request.params.id);
    if (!postmortem) throw new AegisError('AEGIS_NOT_FOUND', `${id} has no postmortem: it has not ended yet`);
    response.type('text/markdown').send(postmortem);
  });
  routes.get('/api/runbook', async (_request, response) => {
    response.json({ entries: await runbook.all() });
  });
  routes.get('/runbook.json', async (_request, response) => {
    const entries = await runbook.all();
    response.json(
      entries.map((e) => ({ timestamp: e.lastSeen, issue: e.signature, fix: `${e.action}: ${e.note}` })),
    );
  });
  return routes;
}

/** Throws AEGIS_NOT_FOUND. */
export async function oneIncident(
  archive: Archive,
  id: string,
): Promise<Incident & { timeline: AuditEvent[] }> {
  const incident = await archive.one(id);
  if (!incident) throw new AegisError('AEGIS_NOT_FOUND', `there is no incident ${id}`);
  return incident;
}

function badQuery(error: z.ZodError): AegisError {
  const words = error.issues
    .map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`)
    .join('; ');
  return new AegisError('AEGIS_QUERY', words, { field: error.issues[0]?.path.join('.') || 'query' });
}

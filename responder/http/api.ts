/** Reading incidents and the runbook, as JSON. */
import express, { type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { Archive } from '../incident/archive.ts';
import { Bundle } from '../incident/bundle.ts';
import { bundleOf } from '../incident/bundle-of.ts';
import { STATES } from '../incident/lifecycle.ts';
import type { Runbook } from '../incident/runbook.ts';
import { storable } from '../incident/stored-text.ts';
import { IncidentAnswer, IncidentList, OUTCOMES, PlainRunbook, RunbookAnswer } from './answers.ts';
import { EXAMPLE_SUMMARY } from './examples.ts';
import { readQuery } from './input.ts';
import { type Operation, READ_PROBLEMS } from './operation.ts';
import type { FindWhole } from './whole-incident.ts';

export interface ApiOptions {
  mayRead: RequestHandler;
  archive: Pick<Archive, 'list'>;
  find: FindWhole;
  runbook: Pick<Runbook, 'all'>;
}

const name = z
  .string()
  .max(300)
  .refine((text) => text === storable(text), 'has characters that no name has');

export const ListQuery = z.strictObject({
  target: name.optional(),
  alertname: name.optional().describe('One of its alerts has this name.'),
  state: z.enum(STATES).optional(),
  outcome: z.enum(OUTCOMES).optional().describe('As decided; an incident that still ends has one already.'),
  open: z.stringbool().optional().describe('`true`: only those that have not ended.'),
  q: name
    .optional()
    .describe('Words, each in the target, an alert, the category or the conclusion; or an id.'),
  since: z.iso
    .datetime({ offset: true })
    .refine((time) => Date.parse(time) >= 0, 'is before 1970')
    .optional()
    .describe('Opened since then.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('`next` of the page before.'),
});

export function apiRoutes({ mayRead, archive, find, runbook }: ApiOptions): Router {
  const routes = express.Router();
  routes.use(['/api', '/runbook.json'], mayRead);
  routes.get('/api/incidents', async (request, response) => {
    response.json(await archive.list(readQuery(ListQuery, request.query)));
  });
  routes.get('/api/incidents/:id', async (request, response) => {
    response.json(await find(request.params.id));
  });
  routes.get('/api/incidents/:id/postmortem', async (request, response) => {
    const { id, postmortem } = await find(request.params.id);
    if (!postmortem) throw new AegisError('AEGIS_NOT_FOUND', `${id} has no postmortem: it has not ended yet`);
    response.type('text/markdown').send(postmortem);
  });
  routes.get('/api/incidents/:id/bundle', async (request, response) => {
    const incident = await find(request.params.id);
    response.attachment(`incident-${incident.id}.json`).json(bundleOf(incident));
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

const READ = { method: 'get', door: 'read' } as const satisfies Partial<Operation>;
const LESSON = {
  signature: 'target-app: TargetMemorySaturated, memory_leak',
  action: 'RESTART',
  category: 'memory_leak',
  target: 'target-app',
  succeeded: 3,
  failed: 0,
  note: 'RESTART on target-app-1 helped',
  lastSeen: '2026-03-01T12:00:12.000Z',
  recent: { succeeded: 2.41, failed: 0 },
};

export const OPERATIONS: Operation[] = [
  {
    ...READ,
    path: '/api/incidents',
    group: 'Incidents',
    summary: 'Incidents, the newest first',
    more: 'Pages follow each other by `cursor`: incidents that open or move meanwhile neither shift nor repeat any.',
    query: ListQuery,
    answers: [
      {
        status: 200,
        says: 'one page',
        schema: IncidentList,
        example: { incidents: [EXAMPLE_SUMMARY], next: null },
      },
    ],
    problems: [...READ_PROBLEMS, 'AEGIS_QUERY'],
  },
  {
    ...READ,
    path: '/api/incidents/:id',
    group: 'Incidents',
    summary:
      'One incident whole: alerts, evidence, diagnosis, verdict, question, actions, recovery, timeline',
    answers: [{ status: 200, says: 'the incident', schema: IncidentAnswer }],
    problems: [...READ_PROBLEMS, 'AEGIS_NOT_FOUND'],
  },
  {
    ...READ,
    path: '/api/incidents/:id/postmortem',
    group: 'Incidents',
    summary: 'Its postmortem, once it has ended',
    answers: [{ status: 200, says: 'the postmortem', type: 'text/markdown' }],
    problems: [...READ_PROBLEMS, 'AEGIS_NOT_FOUND'],
  },
  {
    ...READ,
    path: '/api/incidents/:id/bundle',
    group: 'Incidents',
    summary: 'Its evidence as a bundle, which `npm run diagnose` takes',
    more: 'Downloaded as `incident-<id>.json`. docs/api.md tells the form.',
    answers: [
      {
        status: 200,
        says: 'the bundle',
        schema: Bundle,
        example: { version: 1, alert: { name: 'TargetDown', target: 'target-app' } },
      },
    ],
    problems: [...READ_PROBLEMS, 'AEGIS_NOT_FOUND'],
  },
  {
    ...READ,
    path: '/api/runbook',
    group: 'Runbook',
    summary: 'What was learned from past incidents',
    answers: [{ status: 200, says: 'all entries', schema: RunbookAnswer, example: { entries: [LESSON] } }],
    problems: [...READ_PROBLEMS],
  },
  {
    ...READ,
    path: '/runbook.json',
    group: 'Runbook',
    summary: 'The same, plain',
    answers: [
      {
        status: 200,
        says: 'all entries',
        schema: PlainRunbook,
        example: [{ timestamp: LESSON.lastSeen, issue: LESSON.signature, fix: `RESTART: ${LESSON.note}` }],
      },
    ],
    problems: [...READ_PROBLEMS],
  },
];

/** The pages that people see. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../../errors.ts';
import type { Archive } from '../../incident/archive.ts';
import type { Halt } from '../../incident/control.ts';
import type { Runbook } from '../../incident/runbook.ts';
import { requireToken } from '../auth.ts';
import { type Operation, READ_PROBLEMS } from '../operation.ts';
import type { FindWhole } from '../whole-incident.ts';
import { incidentPage } from './incident.ts';
import { stylesheet } from './layout.ts';
import { incidentListPage, runbookPage } from './lists.ts';
import { alertRunbookPage } from './runbook-page.ts';

const PAGE_SIZE = 50;

export interface PagesOptions {
  tokens: (string | undefined)[];
  archive: Pick<Archive, 'list'>;
  find: FindWhole;
  runbook: Pick<Runbook, 'all'>;
  /** Whether who decides on a page has to show the API token there. */
  asksToken: boolean;
  clock: () => Date;
  halt: () => Promise<Halt>;
  /** Folder of the pages that the alerts' `runbook_url` opens. */
  runbooksDir: string;
}

export function pageRoutes(options: PagesOptions): Router {
  const { tokens, archive, find, runbook, asksToken, clock, halt, runbooksDir } = options;
  const routes = express.Router();
  routes.get('/style.css', (_request, response) => void response.type('css').send(stylesheet()));
  routes.get('/favicon.ico', (_request, response) => void response.status(204).end());
  routes.use(['/', '/incidents', '/runbook', '/runbooks'], requireToken(...tokens));
  routes.get('/', async (request, response) => {
    const cursor = typeof request.query.cursor === 'string' ? request.query.cursor : undefined;
    const { incidents, next } = await archive.list({ limit: PAGE_SIZE, cursor });
    response.send(incidentListPage(incidents, next, await halt()));
  });
  routes.get('/incidents/:id', async (request, response) => {
    response.send(incidentPage(await find(request.params.id), { asksToken, now: clock() }));
  });
  routes.get('/runbook', async (_request, response) => {
    response.send(runbookPage(await runbook.all()));
  });
  routes.get('/runbooks/:name', async (request, response) => {
    const { name } = request.params;
    const text = /^[A-Za-z]+$/.test(name)
      ? await readFile(join(runbooksDir, `${name}.md`), 'utf8').catch(() => null)
      : null;
    if (text === null) throw new AegisError('AEGIS_NOT_FOUND', `there is no runbook page ${name}`);
    response.send(await alertRunbookPage(name, text));
  });
  return routes;
}

const PAGE = {
  method: 'get',
  group: 'Pages',
  door: 'read',
  answers: [{ status: 200, says: 'the page', type: 'text/html' }],
} as const satisfies Partial<Operation>;
const Page = z.object({ cursor: z.string().optional().describe('Of the page before.') });

export const OPERATIONS: Operation[] = [
  {
    ...PAGE,
    path: '/',
    summary: 'Incidents, the newest first',
    query: Page,
    answers: [...PAGE.answers],
    problems: [...READ_PROBLEMS, 'AEGIS_QUERY'],
  },
  {
    ...PAGE,
    path: '/incidents/:id',
    summary: 'One incident; while it waits for an answer, what would be done, and the forms to answer with',
    answers: [...PAGE.answers],
    problems: [...READ_PROBLEMS, 'AEGIS_NOT_FOUND'],
  },
  {
    ...PAGE,
    path: '/runbook',
    summary: 'What was learned from past incidents',
    answers: [...PAGE.answers],
    problems: [...READ_PROBLEMS],
  },
  {
    ...PAGE,
    path: '/runbooks/:name',
    summary: "What an alert means and what to do about it: the alert's `runbook_url`",
    answers: [...PAGE.answers],
    problems: ['AEGIS_UNAUTHORIZED', 'AEGIS_NOT_FOUND'],
  },
  {
    method: 'get',
    path: '/style.css',
    group: 'Pages',
    summary: 'Their style',
    answers: [{ status: 200, says: 'the style', type: 'text/css' }],
    problems: [],
  },
  {
    method: 'get',
    path: '/favicon.ico',
    group: 'Pages',
    summary: 'Their icon: none',
    answers: [{ status: 204, says: 'there is none' }],
    problems: [],
  },
];

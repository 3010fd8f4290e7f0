/** The pages that people see. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../../errors.ts';
import type { Archive } from '../../incident/archive.ts';
import type { Halt } from '../../incident/control.ts';
import type { Runbook } from '../../incident/runbook.ts';
import type { Logins } from '../logins.ts';
import { type Operation, READ_PROBLEMS } from '../operation.ts';
import type { FindWhole } from '../whole-incident.ts';
import { incidentPage } from './incident.ts';
import { type Offer, stylesheet } from './layout.ts';
import { incidentListPage, runbookPage } from './lists.ts';
import { orToLogin } from './login.ts';
import { alertRunbookPage } from './runbook-page.ts';

const PAGE_SIZE = 50;

export interface PagesOptions {
  mayRead: RequestHandler;
  logins: Pick<Logins, 'who' | 'possible'>;
  archive: Pick<Archive, 'list'>;
  find: FindWhole;
  runbook: Pick<Runbook, 'all'>;
  /** Whether who decides has to show the API token: by a login, or in the form. */
  asksToken: boolean;
  clock: () => Date;
  halt: () => Promise<Halt>;
  /** Folder of the pages that the alerts' `runbook_url` opens. */
  runbooksDir: string;
}

export function pageRoutes(options: PagesOptions): Router {
  const { mayRead, logins, archive, find, runbook, clock, halt, runbooksDir } = options;
  const offerTo = (request: Request): Offer => {
    if (!logins.possible) return null;
    return logins.who(request) ? 'log out' : 'log in';
  };
  const routes = express.Router();
  routes.get('/style.css', (_request, response) => void response.type('css').send(stylesheet()));
  routes.get('/favicon.ico', (_request, response) => void response.status(204).end());
  routes.use(['/', '/incidents', '/runbook', '/runbooks'], orToLogin(mayRead));
  routes.get('/', async (request, response) => {
    const cursor = typeof request.query.cursor === 'string' ? request.query.cursor : undefined;
    const { incidents, next } = await archive.list({ limit: PAGE_SIZE, cursor });
    response.send(incidentListPage(incidents, next, { halt: await halt(), offer: offerTo(request) }));
  });
  routes.get('/incidents/:id', async (request, response) => {
    const asksToken = options.asksToken && logins.who(request) !== 'api';
    const incident = await find(request.params.id);
    response.send(incidentPage(incident, { asksToken, now: clock(), offer: offerTo(request) }));
  });
  routes.get('/runbook', async (request, response) => {
    response.send(runbookPage(await runbook.all(), offerTo(request)));
  });
  routes.get('/runbooks/:name', async (request, response) => {
    const { name } = request.params;
    const text = /^[A-Za-z]+$/.test(name)
      ? await readFile(join(runbooksDir, `${name}.md`), 'utf8').catch(() => null)
      : null;
    if (text === null) throw new AegisError('AEGIS_NOT_FOUND', `there is no runbook page ${name}`);
    response.send(await alertRunbookPage(name, text, offerTo(request)));
  });
  return routes;
}

const PAGE = {
  method: 'get',
  group: 'Pages',
  door: 'read',
  answers: [
    { status: 200, says: 'the page', type: 'text/html' },
    { status: 303, says: 'to a browser that may not read yet: to the page to log in' },
  ],
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

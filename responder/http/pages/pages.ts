/** The pages that people see. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Router } from 'express';
import { AegisError } from '../../errors.ts';
import type { Archive } from '../../incident/archive.ts';
import type { Halt } from '../../incident/control.ts';
import type { Runbook } from '../../incident/runbook.ts';
import { readQuery } from '../input.ts';
import type { Logins } from '../logins.ts';
import { type Operation, READ_PROBLEMS } from '../operation.ts';
import type { FindWhole } from '../whole-incident.ts';
import { filterOf, PageQuery } from './filters.ts';
import { incidentPage } from './incident.ts';
import type { Offer } from './layout.ts';
import { incidentListPage, runbookPage } from './lists.ts';
import { orToLogin } from './login.ts';
import { alertRunbookPage } from './runbook-page.ts';

const PAGE_SIZE = 50;
const RUNBOOKS = join(import.meta.dirname, '../../../docs/runbooks');

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
  runbooksDir?: string;
}

export function pageRoutes(options: PagesOptions): Router {
  const { mayRead, logins, archive, find, runbook, clock, halt, runbooksDir = RUNBOOKS } = options;
  const offerTo = (request: Request): Offer => {
    if (!logins.possible) return null;
    return logins.who(request) ? 'log out' : 'log in';
  };
  const asksToken = (request: Request) => options.asksToken && logins.who(request) !== 'api';
  const routes = express.Router();
  routes.use(['/', '/incidents', '/runbook', '/runbooks'], orToLogin(mayRead));
  routes.get('/', async (request, response) => {
    const filters = readQuery(PageQuery, request.query);
    const [{ incidents, next }, unfinished, halted] = await Promise.all([
      archive.list({ ...filterOf(filters, clock()), limit: PAGE_SIZE }),
      archive.list({ unfinished: true, limit: PAGE_SIZE }),
      halt(),
    ]);
    response.send(
      incidentListPage(
        { unfinished: unfinished.incidents, isMore: unfinished.next !== null, incidents, next, filters },
        { halt: halted, asksToken: asksToken(request), offer: offerTo(request) },
      ),
    );
  });
  routes.get('/incidents/:id', async (request, response) => {
    const incident = await find(request.params.id);
    response.send(
      incidentPage(incident, { asksToken: asksToken(request), now: clock(), offer: offerTo(request) }),
    );
  });
  routes.get('/runbook', async (request, response) => {
    const { q } = readQuery(RunbookQuery, request.query);
    response.send(runbookPage(await runbook.all(), q, offerTo(request)));
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

const RunbookQuery = PageQuery.pick({ q: true });
const PAGE = {
  method: 'get',
  group: 'Pages',
  door: 'read',
  answers: [
    { status: 200, says: 'the page', type: 'text/html' },
    { status: 303, says: 'to a browser that may not read yet: to the page to log in' },
  ],
} as const satisfies Partial<Operation>;

export const OPERATIONS: Operation[] = [
  {
    ...PAGE,
    path: '/',
    summary: 'Incidents: the open ones, and a list to search, the newest first',
    query: PageQuery,
    answers: [...PAGE.answers],
    problems: [...READ_PROBLEMS, 'AEGIS_QUERY'],
  },
  {
    ...PAGE,
    path: '/incidents/:id',
    summary:
      'One incident, live; while it waits for an answer, what would be done, and the forms to answer with',
    answers: [...PAGE.answers],
    problems: [...READ_PROBLEMS, 'AEGIS_NOT_FOUND'],
  },
  {
    ...PAGE,
    path: '/runbook',
    summary: 'What was learned from past incidents',
    query: RunbookQuery,
    answers: [...PAGE.answers],
    problems: [...READ_PROBLEMS, 'AEGIS_QUERY'],
  },
  {
    ...PAGE,
    path: '/runbooks/:name',
    summary: "What an alert means and what to do about it: the alert's `runbook_url`",
    answers: [...PAGE.answers],
    problems: ['AEGIS_UNAUTHORIZED', 'AEGIS_NOT_FOUND'],
  },
];

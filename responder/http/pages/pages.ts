/** The pages that people see. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Router } from 'express';
import { AegisError } from '../../errors.ts';
import type { Archive } from '../../incident/archive.ts';
import type { Halt } from '../../incident/control.ts';
import type { Runbook } from '../../incident/runbook.ts';
import { oneIncident } from '../api.ts';
import { requireToken } from '../auth.ts';
import { incidentPage } from './incident.ts';
import { stylesheet } from './layout.ts';
import { incidentListPage, runbookPage } from './lists.ts';
import { alertRunbookPage } from './runbook-page.ts';

const PAGE_SIZE = 50;

export interface PagesOptions {
  tokens: (string | undefined)[];
  archive: Archive;
  runbook: Runbook;
  halt: () => Promise<Halt>;
  /** Folder of the pages that the alerts' `runbook_url` opens. */
  runbooksDir: string;
}

export function pageRoutes({ tokens, archive, runbook, halt, runbooksDir }: PagesOptions): Router {
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
    response.send(incidentPage(await oneIncident(archive, request.params.id)));
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

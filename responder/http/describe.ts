/** What this API is, for programs and for people: open to everybody, since it tells nothing but what the source does. */
import { readFileSync } from 'node:fs';
import express, { type Router } from 'express';
import { z } from 'zod';
import { openApi } from './openapi.ts';
import type { Operation } from './operation.ts';
import { docsPage } from './pages/docs.ts';

const Manifest = z.object({ version: z.string() });

/** @param operations of all routes, these two included. */
export function describeRoutes(operations: Operation[]): Router {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const document = openApi(operations, Manifest.parse(JSON.parse(manifest)).version);
  const page = docsPage(document);
  const routes = express.Router();
  routes.get('/openapi.json', (_request, response) => void response.json(document));
  routes.get('/docs', (_request, response) => void response.send(page));
  return routes;
}

const Description = z
  .looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) })
  .meta({ id: 'OpenApi' });

export const OPERATIONS: Operation[] = [
  {
    method: 'get',
    path: '/openapi.json',
    group: 'For machines',
    summary: 'This description, as OpenAPI 3.1',
    answers: [{ status: 200, says: 'the description', schema: Description }],
    problems: [],
  },
  {
    method: 'get',
    path: '/docs',
    group: 'Pages',
    summary: 'This description, as a page',
    answers: [{ status: 200, says: 'the page', type: 'text/html' }],
    problems: [],
  },
];

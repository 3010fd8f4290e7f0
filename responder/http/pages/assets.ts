/** What the pages load: their style, and the script that keeps them as it is now. */
import { join } from 'node:path';
import express, { type Router } from 'express';
import type { Operation } from '../operation.ts';

const FOLDER = join(import.meta.dirname, 'client');
const FILES = ['style.css', 'live.js'] as const;

export function assetRoutes(): Router {
  const routes = express.Router();
  // Asked about each time, by their ETag: after an upgrade no page has yesterday's script.
  for (const file of FILES)
    routes.get(`/${file}`, (_request, response) =>
      response.sendFile(file, {
        root: FOLDER,
        cacheControl: false,
        headers: { 'Cache-Control': 'no-cache' },
      }),
    );
  routes.get('/favicon.ico', (_request, response) => void response.status(204).end());
  return routes;
}

const ASSET = { method: 'get', group: 'Pages', problems: [] } satisfies Partial<Operation>;

export const OPERATIONS: Operation[] = [
  {
    ...ASSET,
    path: '/style.css',
    summary: 'Their style',
    answers: [{ status: 200, says: 'the style', type: 'text/css' }],
  },
  {
    ...ASSET,
    path: '/live.js',
    summary: 'Keeps them as it is now, by `GET /events`',
    answers: [{ status: 200, says: 'the script', type: 'text/javascript' }],
  },
  {
    ...ASSET,
    path: '/favicon.ico',
    summary: 'Their icon: none',
    answers: [{ status: 204, says: 'there is none' }],
  },
];

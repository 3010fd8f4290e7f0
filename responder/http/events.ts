/** What changes, as it changes, for the pages: server-sent events. A page that hears of itself loads itself anew. */
import express, { type RequestHandler, type Response, type Router } from 'express';
import { AegisError } from '../errors.ts';
import type { News } from '../incident/news.ts';
import { type Operation, READ_PROBLEMS } from './operation.ts';

export interface EventsOptions {
  /** Looked at when it is opened, and by that every `lifeMs`. */
  mayRead: RequestHandler;
  news: News;
  /** So many at once; each is a connection. */
  most?: number;
  /** A stream ends after so long, and the browser opens it again: who has logged out since hears no more. */
  lifeMs?: number;
  /** A line now and then, so that nothing between us takes a silent stream for a dead one. */
  beatMs?: number;
}

const AGAIN_MS = 1_000;

export function eventRoutes({
  mayRead,
  news,
  most = 200,
  lifeMs = 600_000,
  beatMs = 15_000,
}: EventsOptions): Router {
  const routes = express.Router();
  let open = 0;
  routes.get('/events', mayRead, (_request, response) => {
    if (open >= most)
      throw new AegisError('AEGIS_OVERLOADED', `${most} pages are live already, which is as many as can be`);
    open += 1;
    begin(response);
    const stop = news.follow((changes) => void response.write(`data: ${JSON.stringify(changes)}\n\n`));
    const beat = setInterval(() => void response.write(':\n\n'), beatMs);
    const end = setTimeout(() => response.end(), lifeMs);
    response.once('close', () => {
      open -= 1;
      stop();
      clearInterval(beat);
      clearTimeout(end);
    });
  });
  return routes;
}

function begin(response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // A proxy that collects what it passes on would hold it back.
    'X-Accel-Buffering': 'no',
  });
  response.write(`retry: ${AGAIN_MS}\n\n`);
}

export const OPERATIONS: Operation[] = [
  {
    method: 'get',
    path: '/events',
    group: 'Incidents',
    door: 'read',
    summary: 'What changes, as it changes: server-sent events',
    more: `Each \`data\` line is JSON: \`{"incidents": [{"id", "state"}], "halt": false}\`, with \`halt\` true where the switch was thrown. What it is
now is for \`GET /api/incidents/:id\` to say. A stream ends after ten minutes and is opened again by the browser; what happened in between is not
repeated.`,
    answers: [{ status: 200, says: 'the stream', type: 'text/event-stream' }],
    problems: [...READ_PROBLEMS, 'AEGIS_OVERLOADED'],
  },
];

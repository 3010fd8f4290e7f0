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
  /** A sign of life now and then: so that nothing between us takes a silent stream for a dead one, nor a page a dead one for silent. */
  beatMs?: number;
  /** Whoever reads so slowly that more than this waits for them is cut off. */
  backlogBytes?: number;
  /** Whoever does not take the end of the stream within so long is cut off. */
  graceMs?: number;
}

const AGAIN_MS = 1_000;

export function eventRoutes({
  mayRead,
  news,
  most = 200,
  lifeMs = 600_000,
  beatMs = 15_000,
  backlogBytes = 65_536,
  graceMs = 5_000,
}: EventsOptions): Router {
  const routes = express.Router();
  let open = 0;
  routes.get('/events', mayRead, (_request, response) => {
    if (open >= most)
      throw new AegisError('AEGIS_OVERLOADED', `${most} pages are live already, which is as many as can be`);
    open += 1;
    begin(response);
    const tell = (text: string) => {
      response.write(text);
      if (response.writableLength > backlogBytes) response.destroy();
    };
    const unfollow = news.follow((changes) => tell(`data: ${JSON.stringify(changes)}\n\n`));
    const beat = setInterval(() => tell('event: beat\ndata:\n\n'), beatMs);
    const end = setTimeout(() => {
      // Nothing may be written after the end, which a stuck connection takes late or never.
      silence();
      response.end();
      setTimeout(() => response.destroy(), graceMs).unref();
    }, lifeMs);
    const silence = () => {
      unfollow();
      clearInterval(beat);
      clearTimeout(end);
    };
    // A connection that breaks is a reader who has left: 'close' follows.
    response.on('error', silence);
    response.once('close', () => {
      open -= 1;
      silence();
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
now is for \`GET /api/incidents/:id\` to say. Every 15 s comes an event \`beat\`: silence means that the stream is dead. A stream ends after ten minutes and is opened again by the browser; what happened in between is not
repeated.`,
    answers: [{ status: 200, says: 'the stream', type: 'text/event-stream' }],
    problems: [...READ_PROBLEMS, 'AEGIS_OVERLOADED'],
  },
];

/** Errors that a caller may see: `application/problem+json` (RFC 9457). */
import type { ServerResponse } from 'node:http';
import type { Context, Next } from 'koa';
import { type Log, wordsOf } from './log.ts';

/** Thrown by a handler to answer with this status; `detail` tells the caller the cause and the cure. */
export class Problem extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
  }
}

const TITLES: Record<number, string> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Body too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal server error',
  501: 'Not implemented',
  503: 'Service unavailable',
};

/** Outermost middleware: whatever fails below becomes one problem answer, and a log line if it is our fault. */
export function makeProblems({ log }: { log: Log }) {
  return async (ctx: Context, next: Next) => {
    markGone(ctx.res);
    try {
      await next();
      if (ctx.status >= 400 && ctx.body === undefined)
        answerProblem(ctx, ctx.status, `${ctx.method} ${ctx.path} is not served here`);
    } catch (error) {
      const { status, detail } = explain(error);
      if (status >= 500)
        log.error(
          { event: 'request.failed', method: ctx.method, path: ctx.path, status, err: error },
          wordsOf(error),
        );
      answerProblem(ctx, status, detail);
    }
  };
}

/**
 * A customer who gives up is counted with nginx's 499. Koa's default would make it a 404, which nobody was told.
 * Before other listeners, since the instrumentation reads the status in one of them.
 */
function markGone(response: ServerResponse): void {
  response.prependListener('close', () => {
    if (!response.headersSent) response.statusCode = 499;
  });
}

/** Answers with a problem; for a refusal that is no error and needs no line in the log. */
export function answerProblem(ctx: Context, status: number, detail: string): void {
  ctx.status = status;
  ctx.body = JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail });
  ctx.type = 'application/problem+json';
}

/** PostgreSQL's codes for "not now": shutting down, too many connections, cancelled by statement_timeout, lock not there. */
const TRANSIENT = /^(57P0[123]|53300|57014|55P03|08...|ECONN.*|ETIMEDOUT|EPIPE)$/;
/** pg's own words for a pool with no free connection and for a lost one; it gives these no code. */
const LOST = /timeout exceeded when trying to connect|Connection terminated|Query read timeout/;

/** Status and words for the caller; the inner workings of a 500 stay in the log. */
export function explain(error: unknown): { status: number; detail: string } {
  if (error instanceof Problem) return { status: error.status, detail: error.message };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TRANSIENT.test(code) || LOST.test(wordsOf(error)))
    return { status: 503, detail: 'The database does not answer in time; try again in a moment.' };
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  // The body parser throws http-errors: those below 500 are about the request and safe to show.
  if (status >= 400 && status < 500) return { status, detail: wordsOf(error) };
  return { status: 500, detail: 'Something went wrong; the log of the service has the details.' };
}

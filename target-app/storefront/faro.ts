/**
 * Where the page's Faro sends what it measured: the shop's own address, so that a browser needs no way to the Collector and
 * the Collector none to the outside. Never in the way of the shop: answered before the Collector is asked, dropped when it
 * does not take it, and left out of the shop's own latency and error rate (telemetry.ts).
 */
import { bodyParser } from '@koa/bodyparser';
import type Router from '@koa/router';
import type { Context, Next } from 'koa';
import type { z } from 'zod';
import { type Log, wordsOf } from '../log.ts';
import { answerProblem, Problem } from '../problem.ts';
import { makeAllowance } from './allowance.ts';
import { type Page, safeLogs, safeSpans, ToldLogs, ToldSpans } from './told.ts';

/** Where the page's Faro posts to. */
export const FARO_PATHS = { logs: '/faro/v1/logs', traces: '/faro/v1/traces' };
const MAX_BODY = '128kb';
/** Of all browsers together; one page sends a handful when it is opened and one or two an order. */
const ALLOWED = { burst: 60, perSecond: 20 };
/** Under way to the Collector at a time; more are dropped. */
const MAX_UNDER_WAY = 4;
const FORWARD_MS = 2_000;

export interface FaroOptions extends Page {
  /** Base address of the Collector's OTLP/HTTP receiver. */
  endpoint: string;
  log: Log;
  send?: typeof fetch;
  now?: () => number;
  allowed?: { burst: number; perSecond: number };
}

/** `POST /faro/v1/logs` and `/faro/v1/traces`: 202 when it was understood; 413, 415, 422, 429 when it was not taken. */
export function addFaroRoutes(router: Router, options: FaroOptions): void {
  const { now = Date.now, allowed = ALLOWED, ...page } = options;
  const wait = makeAllowance(allowed);
  const forward = makeForward(options);
  const admit = async (ctx: Context, next: Next) => {
    const seconds = wait();
    if (seconds > 0) {
      ctx.set('retry-after', String(seconds));
      return answerProblem(ctx, 429, `Too much at once; try again in ${seconds} s.`);
    }
    // A type that another site's page may send without being asked is not read.
    if (!ctx.is('application/json')) throw new Problem(415, 'Send OTLP as application/json.');
    await parseJson(ctx, next);
  };
  router.post(FARO_PATHS.logs, admit, (ctx) => {
    forward('logs', safeLogs(read(ToldLogs, ctx.request.body), page, now()));
    ctx.status = 202;
    ctx.body = {};
  });
  router.post(FARO_PATHS.traces, admit, (ctx) => {
    forward('traces', safeSpans(read(ToldSpans, ctx.request.body), page, now()));
    ctx.status = 202;
    ctx.body = {};
  });
}

const parseJson = bodyParser({ enableTypes: ['json'], jsonLimit: MAX_BODY });

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const named = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new Problem(422, named.join('; '));
}

/** Sends without being waited for; says once that it does not get through, and once that it does again. */
function makeForward({ endpoint, log, send = fetch }: FaroOptions): (signal: string, body: object) => void {
  let underWay = 0;
  let lost = 0;
  const note = (problem: string | null) => {
    if (problem !== null && lost === 0)
      log.warn({ event: 'storefront.telemetry_lost' }, `what browsers tell is not passed on: ${problem}`);
    if (problem === null && lost > 0)
      log.info({ event: 'storefront.telemetry_restored', lost }, 'what browsers tell is passed on again');
    lost = problem === null ? 0 : lost + 1;
  };
  const pass = async (signal: string, body: object) => {
    underWay += 1;
    try {
      const response = await send(`${endpoint}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(FORWARD_MS),
      });
      await response.body?.cancel();
      note(response.ok ? null : `the Collector answered ${response.status}`);
    } catch (error) {
      note(wordsOf(error instanceof Error && error.cause ? error.cause : error));
    } finally {
      underWay -= 1;
    }
  };
  return (signal, body) => {
    if (underWay >= MAX_UNDER_WAY) note('the Collector is slow');
    else void pass(signal, body);
  };
}

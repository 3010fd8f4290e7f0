/** Logging in and out, for people: a browser sends no bearer token. */
import express, { type RequestHandler, type Response, type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../../errors.ts';
import { type BrakeOptions, makeBrake } from '../brake.ts';
import { readBody } from '../input.ts';
import type { Logins } from '../logins.ts';
import type { Operation } from '../operation.ts';
import { fromOurPage } from '../our-page.ts';
import { type Problem, problems } from '../problem.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

/** The pages that one can be led back to. A list of them, since every other rule about addresses has its exceptions. */
const PAGES = /^\/(incidents\/[\w.%-]+|runbook|runbooks\/[A-Za-z]+)?(\?[\w.%=&+*-]*)?$/;

export const LoginForm = z
  .object({
    token: z.string('the token is missing').trim().describe('The read token or the API token.'),
    next: z
      .string()
      .optional()
      .describe('Path of the page to go on to; the list of incidents, where it is none of ours.'),
  })
  .meta({ id: 'LoginForm' });

interface Options {
  logins: Logins;
  brake?: BrakeOptions | undefined;
  onError: (words: string) => void;
}

export function loginRoutes({ logins, brake, onError }: Options): Router {
  const routes = express.Router();
  const slowDown = makeBrake(brake);
  const form = express.urlencoded({ extended: false, limit: '10kb' });
  routes.get('/login', (request, response) => {
    const next = pageOfOurs(request.query.next);
    if (!logins.possible) return response.redirect(303, next);
    sendLoginPage(response, next);
  });
  routes.post('/login', fromOurPage, form, async (request, response) => {
    const { token, next } = readBody(LoginForm, request.body);
    if (logins.possible) {
      await slowDown(request.socket.remoteAddress ?? '');
      const role = logins.roleOf(token);
      if (!role) throw new AegisError('AEGIS_UNAUTHORIZED', 'that token is not one of this responder');
      logins.logIn(request, response, role);
    }
    response.redirect(303, pageOfOurs(next));
  });
  routes.post('/logout', fromOurPage, (request, response) => {
    logins.logOut(request, response);
    response.redirect(303, '/login');
  });
  routes.use(['/login', '/logout'], problems({ onError, send: sendProblem }));
  return routes;
}

/** Leads a person who may not read yet to the page to log in, and from there back. Programs are told 401, as everywhere. */
export function orToLogin(mayRead: RequestHandler): RequestHandler {
  return (request, response, next) =>
    mayRead(request, response, (refused?: unknown) => {
      const asksForPage = request.method === 'GET' && /\btext\/html\b/i.test(request.headers.accept ?? '');
      if (!refused || !asksForPage) return next(refused);
      response.removeHeader('WWW-Authenticate');
      response.redirect(303, loginPath(request.originalUrl));
    });
}

/** Where to log in to get to a page of ours. */
export function loginPath(page: string): string {
  const next = pageOfOurs(page);
  return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next).replaceAll('%2F', '/')}`;
}

/** Never leads to another site, whatever it is given; the list of incidents where it is no page of ours. */
function pageOfOurs(page: unknown): string {
  return typeof page === 'string' && PAGES.test(page) ? page : '/';
}

function sendProblem(response: Response, { detail }: Problem): void {
  const body: unknown = response.req.body;
  const { next } = z.object({ next: z.string() }).safeParse(body).data ?? {};
  sendLoginPage(response, pageOfOurs(next), `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`);
}

/** @param words what went wrong before. */
function sendLoginPage(response: Response, next: string, words?: string): void {
  const body = html`<h1>Log in</h1>
${words && html`<p class="bad" role="alert">${words}</p>`}
<form class="login" method="post" action="/login">
<input type="hidden" name="next" value="${next}">
<label>Token<input name="token" type="password" required autofocus autocomplete="current-password"></label>
<button>Log in</button>
</form>
<p>With the read token (<code>AEGIS_READ_TOKEN</code>) you may look, with the API token (<code>AEGIS_API_TOKEN</code>) you may
decide, too. Where AegisOps runs in Docker Compose, <code>docker compose run --rm setup show</code> prints both.</p>
<p class="quiet">This browser stays logged in for 12 hours.</p>`;
  response.setHeader('Cache-Control', 'no-store');
  response.send(layout({ title: 'Log in', body }));
}

const LOGIN = { group: 'Pages', path: '/login' } as const satisfies Partial<Operation>;

export const OPERATIONS: Operation[] = [
  {
    ...LOGIN,
    method: 'get',
    summary: 'Where a browser is led that may not read yet',
    query: z.object({ next: LoginForm.shape.next }),
    answers: [
      { status: 200, says: 'the page', type: 'text/html' },
      { status: 303, says: 'no token is set: nobody has to log in; on to the page' },
    ],
    problems: [],
  },
  {
    ...LOGIN,
    method: 'post',
    summary: 'Logs a person in with the read token or the API token',
    more: `Taken only from our own page (\`Sec-Fetch-Site\`, else \`Origin\`). The cookie counts for 12 hours, on every replica, until a token
changes. It opens what may be read; of the API token also the forms of an incident's page, but no other \`POST\`. Failures are the page again.`,
    body: {
      type: 'application/x-www-form-urlencoded',
      schema: LoginForm,
      examples: { 'back to an incident': { token: 'the-token', next: '/incidents/inc-1' } },
    },
    answers: [{ status: 303, says: 'logged in; on to the page' }],
    problems: [
      'AEGIS_BODY_UNREADABLE',
      'AEGIS_BODY_TOO_LARGE',
      'AEGIS_UNAUTHORIZED',
      'AEGIS_FORBIDDEN',
      'AEGIS_TOO_MANY_TRIES',
    ],
  },
  {
    group: 'Pages',
    path: '/logout',
    method: 'post',
    summary: 'This browser is logged out',
    more: 'Taken only from our own page.',
    answers: [{ status: 303, says: 'logged out; to the page to log in' }],
    problems: ['AEGIS_FORBIDDEN'],
  },
];

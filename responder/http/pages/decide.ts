/** Answers from the forms on an incident's page. */
import express, { type Response, type Router } from 'express';
import { z } from 'zod';
import type { ApprovalsOptions } from '../approvals.ts';
import { makeTokenCheck } from '../auth.ts';
import { EXAMPLE_HASH } from '../examples.ts';
import { ActionHash, PersonName, readBody } from '../input.ts';
import type { Logins } from '../logins.ts';
import type { Operation } from '../operation.ts';
import { fromOurPage } from '../our-page.ts';
import { type Problem, problems } from '../problem.ts';
import { html } from './html.ts';
import { loginPath } from './login.ts';
import { problemPage } from './problem-page.ts';

/** For so long a target is left alone by whoever says "I have it" on the page. */
const TAKE_MINUTES = 60;
const DECISIONS = { approve: 'approved', reject: 'rejected' } as const;

export const DecideForm = z
  .object({
    decision: z.enum(['approve', 'reject', 'take', 'release']),
    hash: ActionHash.optional().describe('Of what is approved or rejected.'),
    by: PersonName,
    token: z.string().optional().describe('The API token, where one is set and nobody is logged in with it.'),
  })
  .meta({ id: 'DecideForm' });

const Hash = z.object({ hash: ActionHash });

interface Options extends ApprovalsOptions {
  logins: Pick<Logins, 'who'>;
  onError: (words: string) => void;
}

/** Each answer leads back to the page; each failure is a page, too. */
export function decideRoutes({ token, approvals, logins, onError }: Options): Router {
  const routes = express.Router();
  const checkToken = makeTokenCheck(token);
  const form = express.urlencoded({ extended: false, limit: '10kb' });
  routes.post('/incidents/:id/decide', fromOurPage, form, async (request, response) => {
    const id = String(request.params.id);
    const refused = checkToken(tokenOf(request.body), 'the API token is missing');
    if (refused && logins.who(request) !== 'api') throw refused;
    const { decision, hash, by } = readBody(DecideForm, request.body);
    if (decision === 'take') await approvals.take(id, by, TAKE_MINUTES);
    else if (decision === 'release') await approvals.release(id, by);
    else await approvals.decide(id, readBody(Hash, { hash }).hash, DECISIONS[decision], by);
    response.redirect(303, `/incidents/${encodeURIComponent(id)}`);
  });
  routes.use('/incidents/:id/decide', problems({ onError, send: sendPage }));
  return routes;
}

/** Read before the rest, so that without it nothing is told about the rest. */
function tokenOf(body: unknown): string | undefined {
  return z.object({ token: z.string() }).safeParse(body).data?.token;
}

function sendPage(response: Response, problem: Problem): void {
  const page = `/incidents/${encodeURIComponent(String(response.req.params.id ?? ''))}`;
  const more = html`${problem.status === 401 && html`<p><a href="${loginPath(page)}">Log in</a> with the API token, and the forms ask for it no more</p>`}
<p><a href="${page}">Back to the incident</a> as it is now</p>`;
  response.send(problemPage(problem, more));
}

export const OPERATIONS: Operation[] = [
  {
    method: 'post',
    path: '/incidents/:id/decide',
    group: 'Pages',
    summary: 'The forms of the incident\'s page: approve, reject, "I have it", or give it back',
    more: `Taken only from our own page (\`Sec-Fetch-Site\`, else \`Origin\`), and where an API token is set only with it: a field of the form, or the cookie of whoever
logged in with it.
Programs use the routes of "Deciding". Failures are small pages.`,
    body: {
      type: 'application/x-www-form-urlencoded',
      schema: DecideForm,
      examples: { approve: { decision: 'approve', hash: EXAMPLE_HASH, by: 'kim' } },
    },
    answers: [{ status: 303, says: 'done; back to the page' }],
    problems: [
      'AEGIS_BODY_UNREADABLE',
      'AEGIS_BODY_TOO_LARGE',
      'AEGIS_UNAUTHORIZED',
      'AEGIS_FORBIDDEN',
      'AEGIS_NOT_FOUND',
      'AEGIS_CONFLICT',
      'AEGIS_DATABASE_DOWN',
    ],
  },
];

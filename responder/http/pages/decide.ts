/** Answers from the forms on an incident's page. */
import express, { type RequestHandler, type Response, type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../../errors.ts';
import type { ApprovalsOptions } from '../approvals.ts';
import { makeTokenCheck } from '../auth.ts';
import { EXAMPLE_HASH } from '../examples.ts';
import { ActionHash, PersonName, readBody } from '../input.ts';
import type { Operation } from '../operation.ts';
import { type Problem, problems } from '../problem.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

/** For so long a target is left alone by whoever says "I have it" on the page. */
const TAKE_MINUTES = 60;
const DECISIONS = { approve: 'approved', reject: 'rejected' } as const;

export const DecideForm = z
  .object({
    decision: z.enum(['approve', 'reject', 'take']),
    hash: ActionHash,
    by: PersonName,
    token: z.string().optional().describe('The API token, where one is set.'),
  })
  .meta({ id: 'DecideForm' });

interface Options extends ApprovalsOptions {
  onError: (words: string) => void;
}

/** Each answer leads back to the page; each failure is a page, too. */
export function decideRoutes({ token, approvals, onError }: Options): Router {
  const routes = express.Router();
  const checkToken = makeTokenCheck(token);
  const form = express.urlencoded({ extended: false, limit: '10kb' });
  routes.post('/incidents/:id/decide', fromOurPage, form, async (request, response) => {
    const id = String(request.params.id);
    const refused = checkToken(tokenOf(request.body), 'the API token is missing');
    if (refused) throw refused;
    const { decision, hash, by } = readBody(DecideForm, request.body);
    if (decision === 'take') await approvals.take(id, by, TAKE_MINUTES);
    else await approvals.decide(id, hash, DECISIONS[decision], by);
    response.redirect(303, `/incidents/${encodeURIComponent(id)}`);
  });
  routes.use('/incidents/:id/decide', problems({ onError, send: sendPage }));
  return routes;
}

/** Read before the rest, so that without it nothing is told about the rest. */
function tokenOf(body: unknown): string | undefined {
  return z.object({ token: z.string() }).safeParse(body).data?.token;
}

/**
 * A foreign page can send a form from somebody's browser, but it cannot forge what the browser says of where it comes from.
 * Browsers leave out Sec-Fetch-Site where the address is neither HTTPS nor this machine; they always send Origin.
 */
const fromOurPage: RequestHandler = (request, _response, next) => {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const ours = site === undefined ? originHost(origin) === host : site === 'same-origin';
  if (ours) return next();
  const from = origin ?? (site === undefined ? 'an unknown place' : `a ${site} one`);
  next(new AegisError('AEGIS_FORBIDDEN', `the form was sent from another page than the incident's: ${from}`));
};

/** Never equal to a host where it is none: a browser says `null` for a page whose origin it will not tell. */
function originHost(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}

function sendPage(response: Response, { title, status, detail, code }: Problem): void {
  const { id } = response.req.params;
  const body = html`<h1>That did not work</h1>
<p class="lead">${detail}.</p>
<p class="quiet">${status} ${title} (<code>${code}</code>)</p>
<p><a href="/incidents/${encodeURIComponent(String(id ?? ''))}">Back to the incident</a> as it is now</p>`;
  response.send(layout({ title: 'That did not work', body }));
}

export const OPERATIONS: Operation[] = [
  {
    method: 'post',
    path: '/incidents/:id/decide',
    group: 'Pages',
    summary: 'The forms of the incident\'s page: approve, reject, or "I have it"',
    more: `Taken only from our own page (\`Sec-Fetch-Site\`, else \`Origin\`), and only with the API token where one is set; it is a field of the form.
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

/** The big red switch as a form: stops all actions of all replicas, or lets them go on. */
import express, { type Router } from 'express';
import { z } from 'zod';
import type { Control, Halt } from '../../incident/control.ts';
import { makeTokenCheck } from '../auth.ts';
import { PersonName, readBody } from '../input.ts';
import type { Logins } from '../logins.ts';
import type { Operation } from '../operation.ts';
import { fromOurPage } from '../our-page.ts';
import { problems } from '../problem.ts';
import { type Html, html } from './html.ts';
import { problemPage } from './problem-page.ts';

export const HaltForm = z
  .object({
    halt: z.enum(['on', 'off']),
    by: PersonName,
    token: z.string().optional().describe('The API token, where one is set and nobody is logged in with it.'),
  })
  .meta({ id: 'HaltForm' });

interface Options {
  token: string | undefined;
  control: Pick<Control, 'setHalt'>;
  logins: Pick<Logins, 'who'>;
  onError: (words: string) => void;
}

export function haltFormRoutes({ token, control, logins, onError }: Options): Router {
  const routes = express.Router();
  const checkToken = makeTokenCheck(token);
  const form = express.urlencoded({ extended: false, limit: '10kb' });
  routes.post('/halt', fromOurPage, form, async (request, response) => {
    const given = z.object({ token: z.string() }).safeParse(request.body).data?.token;
    const refused = checkToken(given, 'the API token is missing');
    if (refused && logins.who(request) !== 'api') throw refused;
    const { halt, by } = readBody(HaltForm, request.body);
    await control.setHalt(halt === 'on', by);
    response.redirect(303, '/');
  });
  routes.use(
    '/halt',
    problems({ onError, send: (response, problem) => response.send(problemPage(problem)) }),
  );
  return routes;
}

/** On the list of incidents: open where it is halted, else folded, so that nobody throws it by mistake. */
export function haltPart({ on }: Halt, asksToken: boolean): Html {
  const form = html`<div class="forms"><form method="post" action="/halt">
<p>${on ? 'Actions are decided and done again. What was refused meanwhile stays with the person it was handed to.' : 'No action of any replica on any target, from now on, until somebody resumes.'}</p>
<input type="hidden" name="halt" value="${on ? 'off' : 'on'}">
<label>Your name<input name="by" required maxlength="100" autocomplete="name"></label>
${asksToken && html`<label>API token<input name="token" type="password" required autocomplete="off"></label>`}
<button>${on ? 'Resume' : 'Halt all actions'}</button>
</form></div>`;
  return on
    ? html`<h2>Resume</h2>${form}`
    : html`<details class="no-print"><summary>Halt all actions</summary>${form}</details>`;
}

export const OPERATIONS: Operation[] = [
  {
    method: 'post',
    path: '/halt',
    group: 'Pages',
    summary: 'The form that halts all actions, or lets them go on',
    more: `Taken only from our own page, and where an API token is set only with it: a field of the form, or the cookie of whoever logged in with
it. Programs use \`POST /api/halt\` and \`/api/resume\`. Failures are small pages.`,
    body: {
      type: 'application/x-www-form-urlencoded',
      schema: HaltForm,
      examples: { halt: { halt: 'on', by: 'kim' }, resume: { halt: 'off', by: 'kim' } },
    },
    answers: [{ status: 303, says: 'done; back to the list' }],
    problems: [
      'AEGIS_BODY_UNREADABLE',
      'AEGIS_BODY_TOO_LARGE',
      'AEGIS_UNAUTHORIZED',
      'AEGIS_FORBIDDEN',
      'AEGIS_DATABASE_DOWN',
    ],
  },
];

/** A person's word over the API: yes or no to one exact action, or "I have it" to a target. */
import express, { type Router } from 'express';
import { z } from 'zod';
import type { Approvals } from '../incident/approvals.ts';
import { ApprovalAnswer, HoldAnswer } from './answers.ts';
import { requireToken } from './auth.ts';
import { EXAMPLE_APPROVAL, EXAMPLE_HASH, EXAMPLE_HOLD, EXAMPLE_ID } from './examples.ts';
import { ActionHash, PersonName, readBody } from './input.ts';
import { BODY_PROBLEMS, type Operation } from './operation.ts';
import { onlyJson } from './problem.ts';
import { shown } from './whole-incident.ts';

export interface ApprovalsOptions {
  /** Who may decide. */
  token: string | undefined;
  approvals: Pick<Approvals, 'decide' | 'take' | 'release'>;
}

export const DecisionBody = z.object({ hash: ActionHash, by: PersonName }).meta({ id: 'DecisionBody' });
export const TakeBody = z
  .object({
    by: PersonName,
    minutes: z.int().min(1).max(1_440).default(60).describe('For so long nothing is done to the target.'),
  })
  .meta({ id: 'TakeBody' });

export const ReleaseBody = z.object({ by: PersonName }).meta({ id: 'ReleaseBody' });
const ReleaseAnswer = z.object({ target: z.string() }).meta({ id: 'Released' });

const DECISIONS = { approve: 'approved', reject: 'rejected' } as const;

export function approvalRoutes({ token, approvals }: ApprovalsOptions): Router {
  const routes = express.Router();
  // Only JSON, so that no page in somebody's browser can do it unasked where no token is set.
  const json = [requireToken(token), onlyJson, express.json({ limit: '10kb' })];
  for (const word of ['approve', 'reject'] as const)
    routes.post(`/api/incidents/:id/${word}`, ...json, async (request, response) => {
      const { hash, by } = readBody(DecisionBody, request.body);
      response.json(shown(await approvals.decide(String(request.params.id), hash, DECISIONS[word], by)));
    });
  routes.post('/api/incidents/:id/take', ...json, async (request, response) => {
    const { by, minutes } = readBody(TakeBody, request.body);
    response.json(await approvals.take(String(request.params.id), by, minutes));
  });
  routes.post('/api/incidents/:id/release', ...json, async (request, response) => {
    const { by } = readBody(ReleaseBody, request.body);
    response.json(await approvals.release(String(request.params.id), by));
  });
  return routes;
}

const DECIDE = {
  method: 'post',
  group: 'Deciding',
  door: 'api',
  body: {
    type: 'application/json',
    schema: DecisionBody,
    examples: { 'by hash and name': { hash: EXAMPLE_HASH, by: 'kim' } },
  },
  problems: [...BODY_PROBLEMS, 'AEGIS_NOT_FOUND', 'AEGIS_CONFLICT'],
} as const satisfies Partial<Operation>;

export const OPERATIONS: Operation[] = [
  {
    ...DECIDE,
    path: '/api/incidents/:id/approve',
    summary: 'Yes to exactly the action that is asked about',
    more: `The hash is \`approval.hash\` of the incident, so nothing else can be approved than what was read. The guards are asked
once more before anything is done. 409 says why it is too late: decided already, lapsed, asked about something else, or not
waiting any more. Of two who answer at once one is first.`,
    answers: [
      {
        status: 200,
        says: 'the question with its answer',
        schema: ApprovalAnswer,
        example: EXAMPLE_APPROVAL,
      },
    ],
  },
  {
    ...DECIDE,
    path: '/api/incidents/:id/reject',
    summary: 'No to the action that is asked about: the incident goes to a person',
    answers: [
      {
        status: 200,
        says: 'the question with its answer',
        schema: ApprovalAnswer,
        example: { ...EXAMPLE_APPROVAL, decision: 'rejected' },
      },
    ],
  },
  {
    ...DECIDE,
    path: '/api/incidents/:id/take',
    summary: 'A person has it: the incident goes to them, and its target is left alone for a while',
    more: `Works on every incident that has not ended, also where nothing was asked. Whoever takes it later has it instead. An action
that is under way is not broken off.`,
    body: {
      type: 'application/json',
      schema: TakeBody,
      examples: { 'for half an hour': { by: 'kim', minutes: 30 }, 'for an hour': { by: 'kim' } },
    },
    answers: [{ status: 200, says: `who has ${EXAMPLE_ID}`, schema: HoldAnswer, example: EXAMPLE_HOLD }],
  },
  {
    ...DECIDE,
    path: '/api/incidents/:id/release',
    summary: 'What was taken is given back before its time',
    more: 'By the incident that it was taken by, which has ended since. The next alert finds the target free.',
    body: { type: 'application/json', schema: ReleaseBody, examples: { 'by name': { by: 'kim' } } },
    answers: [
      { status: 200, says: 'which target', schema: ReleaseAnswer, example: { target: 'target-app' } },
    ],
  },
];

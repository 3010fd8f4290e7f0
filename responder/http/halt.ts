/** The big red switch: no action on any replica until somebody says so. The guards read it at each decision, and again just before a call. */
import express, { type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import type { Control } from '../incident/control.ts';
import { requireToken } from './auth.ts';
import { PersonName, readBody } from './input.ts';
import { BODY_PROBLEMS, type Operation, READ_PROBLEMS } from './operation.ts';
import { onlyJson } from './problem.ts';

export interface HaltOptions {
  /** Who may throw it. */
  token: string | undefined;
  /** Who may look at it. */
  mayRead: RequestHandler;
  control: Pick<Control, 'halt' | 'setHalt'>;
}

export const HaltBody = z
  .object({ by: PersonName.default('somebody with the API token') })
  .meta({ id: 'HaltBody' });
const HaltAnswer = z
  .object({
    on: z.boolean(),
    by: z.string(),
    at: z.string().describe('When it was thrown last; empty: never.'),
  })
  .meta({ id: 'Halt' });

export function haltRoutes({ token, mayRead, control }: HaltOptions): Router {
  const routes = express.Router();
  routes.get('/api/halt', mayRead, async (_request, response) => {
    response.json(await control.halt());
  });
  // Only JSON, so that no page in somebody's browser can do it unasked where no token is set.
  for (const [path, on] of [
    ['/api/halt', true],
    ['/api/resume', false],
  ] as const)
    routes.post(
      path,
      requireToken(token),
      onlyJson,
      express.json({ limit: '10kb' }),
      async (request, response) => {
        const { by } = readBody(HaltBody, request.body);
        await control.setHalt(on, by);
        response.json(await control.halt());
      },
    );
  return routes;
}

const THROWN = { on: true, by: 'kim', at: '2026-03-01T12:00:00.000Z' };
const THROW = {
  method: 'post',
  group: 'Halting',
  door: 'api',
  body: {
    type: 'application/json',
    schema: HaltBody,
    examples: { 'by name': { by: 'kim' }, 'by nobody in particular': {} },
  },
  problems: [...BODY_PROBLEMS],
} as const satisfies Partial<Operation>;

export const OPERATIONS: Operation[] = [
  {
    method: 'get',
    path: '/api/halt',
    group: 'Halting',
    door: 'read',
    summary: 'Whether all actions are halted, by whom and since when',
    answers: [{ status: 200, says: 'the switch', schema: HaltAnswer, example: THROWN }],
    problems: [...READ_PROBLEMS],
  },
  {
    ...THROW,
    path: '/api/halt',
    summary: 'Stops all actions of all replicas, at once',
    more: 'The guards read the switch at each decision and again just before a call.',
    answers: [{ status: 200, says: 'the switch as it is now', schema: HaltAnswer, example: THROWN }],
  },
  {
    ...THROW,
    path: '/api/resume',
    summary: 'Ends the halt',
    more: 'What was refused meanwhile stays with the person it was handed to.',
    answers: [
      {
        status: 200,
        says: 'the switch as it is now',
        schema: HaltAnswer,
        example: { ...THROWN, on: false },
      },
    ],
  },
];

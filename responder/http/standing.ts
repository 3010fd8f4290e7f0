/** Whether it lives, whether it can work, and its numbers: for machines, without a token. */
import express, { type Router } from 'express';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { wordsOf } from '../errors.ts';
import type { Operation } from './operation.ts';

export interface StandingOptions {
  registry: Registry;
  /** Resolves when the responder can do its work, else rejects with the reason. */
  ready: () => Promise<void>;
}

export function standingRoutes({ registry, ready }: StandingOptions): Router {
  const routes = express.Router();
  routes.get('/health', (_request, response) => void response.json({ status: 'ok' }));
  routes.get('/ready', async (_request, response) => {
    try {
      await ready();
      response.json({ status: 'ready' });
    } catch (error) {
      response.status(503).json({ status: 'not ready', reason: wordsOf(error) });
    }
  });
  routes.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return routes;
}

const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const Ready = z
  .object({ status: z.enum(['ready', 'not ready']), reason: z.string().optional() })
  .meta({ id: 'Ready' });
const OPEN = { method: 'get', group: 'For machines', problems: [] } satisfies Partial<Operation>;

export const OPERATIONS: Operation[] = [
  {
    ...OPEN,
    path: '/health',
    summary: 'It lives',
    answers: [{ status: 200, says: 'it does', schema: Health, example: { status: 'ok' } }],
  },
  {
    ...OPEN,
    path: '/ready',
    summary: 'It can do its work: its database answers',
    answers: [
      { status: 200, says: 'it can', schema: Ready, example: { status: 'ready' } },
      {
        status: 503,
        says: 'it cannot, with the reason',
        schema: Ready,
        example: { status: 'not ready', reason: 'PostgreSQL cannot be reached: connect ECONNREFUSED' },
      },
    ],
  },
  {
    ...OPEN,
    path: '/metrics',
    summary: 'Metrics for Prometheus',
    answers: [{ status: 200, says: 'the metrics that docs/api.md lists', type: 'text/plain' }],
  },
];

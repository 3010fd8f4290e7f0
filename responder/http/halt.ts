/** The big red switch: no action on any replica until somebody says so. The guards read it at each decision, and again just before a call. */
import express, { type Router } from 'express';
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { Control } from '../incident/control.ts';
import { storable } from '../incident/stored-text.ts';
import { requireToken } from './auth.ts';
import { onlyJson } from './problem.ts';

export interface HaltOptions {
  /** Who may throw it. */
  token: string | undefined;
  /** Who may look at it. */
  readTokens: (string | undefined)[];
  control: Pick<Control, 'halt' | 'setHalt'>;
}

export const HaltBody = z.object({
  by: z
    .string()
    .transform(storable)
    .pipe(z.string().trim().min(1).max(100))
    .default('somebody with the API token'),
});

export function haltRoutes({ token, readTokens, control }: HaltOptions): Router {
  const routes = express.Router();
  routes.get('/api/halt', requireToken(...readTokens), async (_request, response) => {
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
        const body = HaltBody.safeParse(request.body ?? {});
        if (!body.success)
          throw new AegisError('AEGIS_BODY_UNREADABLE', 'by: a name of 1 to 100 characters is wanted', {
            field: 'by',
          });
        await control.setHalt(on, body.data.by);
        response.json(await control.halt());
      },
    );
  return routes;
}

/** The responder's HTTP surface, put together from its parts. */
import express, { type Express } from 'express';
import type { Registry } from 'prom-client';
import { wordsOf } from '../errors.ts';
import { type ApiOptions, apiRoutes } from './api.ts';
import { type HaltOptions, haltRoutes } from './halt.ts';
import { type IntakeOptions, intakeRoutes } from './intake.ts';
import { type PagesOptions, pageRoutes } from './pages/pages.ts';
import { notFound, problems } from './problem.ts';

interface Options {
  intake: IntakeOptions;
  halt: HaltOptions;
  api: ApiOptions;
  pages: PagesOptions;
  registry: Registry;
  /** Resolves when the responder can do its work, else rejects with the reason. */
  ready: () => Promise<void>;
  onError: (words: string) => void;
}

export function makeServer({ intake, halt, api, pages, registry, ready, onError }: Options): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    );
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'same-origin');
    next();
  });
  app.get('/health', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/ready', async (_request, response) => {
    try {
      await ready();
      response.json({ status: 'ready' });
    } catch (error) {
      response.status(503).json({ status: 'not ready', reason: wordsOf(error) });
    }
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  app.use(intakeRoutes(intake));
  app.use(haltRoutes(halt));
  app.use(apiRoutes(api));
  app.use(pageRoutes(pages));
  app.use(notFound);
  app.use(problems({ onError }));
  return app;
}

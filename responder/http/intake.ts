/** What comes in from Alertmanager, direct senders and the Collector. */
import express, { type Router } from 'express';
import type { LogLine } from '../incident/incident.ts';
import { requireToken } from './auth.ts';
import { notEmpty, onlyJson } from './problem.ts';

const ALERTS_LIMIT = '10mb';
/** Parsing holds up everything else for so long (a tenth of a second or two), and the Collector sends small batches. */
const LOGS_LIMIT = '4mb';

export interface IntakeOptions {
  token: string | undefined;
  receive: (body: unknown) => Promise<{
    kind: 'alertmanager' | 'direct';
    stored: { incidentId: string | null; effect: string }[];
    rejected: string[];
  }>;
  parseLogs: (body: unknown) => LogLine[];
  /** @returns how many lines were dropped. */
  offerLogs: (lines: LogLine[]) => number;
}

export function intakeRoutes({ token, receive, parseLogs, offerLogs }: IntakeOptions): Router {
  const routes = express.Router();
  const json = (limit: string) => [
    requireToken(token),
    onlyJson,
    notEmpty,
    express.json({ limit, strict: false }),
  ];
  routes.post('/webhook', ...json(ALERTS_LIMIT), async (request, response) => {
    const { kind, stored, rejected } = await receive(request.body);
    if (kind === 'direct') response.status(202).json({ incident_id: stored[0]?.incidentId ?? null });
    else
      response.json({ incidents: [...new Set(stored.map((s) => s.incidentId).filter(Boolean))], rejected });
  });
  routes.post('/v1/logs', ...json(LOGS_LIMIT), (request, response) => {
    const dropped = offerLogs(parseLogs(request.body));
    // OTLP's way to say "some were dropped, do not send them again".
    response.json(
      dropped > 0
        ? { partialSuccess: { rejectedLogRecords: String(dropped), errorMessage: 'log window is full' } }
        : {},
    );
  });
  return routes;
}

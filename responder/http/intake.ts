/** What comes in from Alertmanager, direct senders and the Collector. */
import express, { type Router } from 'express';
import { z } from 'zod';
import type { LogLine } from '../incident/incident.ts';
import { requireToken } from './auth.ts';
import { EXAMPLE_ID } from './examples.ts';
import { BODY_PROBLEMS, type Operation } from './operation.ts';
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
  bodies: IntakeBodies;
}
/** The schemas that `receive` and `parseLogs` read by, for the description. */
export interface IntakeBodies {
  webhook: z.ZodType;
  logs: z.ZodType;
}

export function intakeRoutes({
  token,
  receive,
  parseLogs,
  offerLogs,
}: Omit<IntakeOptions, 'bodies'>): Router {
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

const WebhookAnswer = z
  .object({
    incidents: z.array(z.string()),
    rejected: z.array(z.string()).describe('Why an alert is none; the others count.'),
  })
  .meta({ id: 'WebhookAnswer' });
const DirectAnswer = z.object({ incident_id: z.string().nullable() }).meta({ id: 'DirectAnswer' });
const LogsAnswer = z
  .object({
    partialSuccess: z.object({ rejectedLogRecords: z.string(), errorMessage: z.string() }).optional(),
  })
  .meta({ id: 'LogsAnswer' });

export const operations = ({ webhook, logs }: IntakeBodies): Operation[] => [
  {
    method: 'post',
    path: '/webhook',
    group: 'Coming in',
    summary: "Alerts: Alertmanager's webhook (version 4), Grafana's, or the direct body",
    more: `Up to 10 MB after inflation. A body with \`alerts\` is Alertmanager's, every other one is direct. What is answered with
success is stored; 503 means that nothing was, and that the sender should come again.`,
    door: 'webhook',
    body: { type: 'application/json', schema: webhook, examples: WEBHOOK_EXAMPLES },
    answers: [
      {
        status: 200,
        says: "Alertmanager's alerts are stored",
        schema: WebhookAnswer,
        example: { incidents: [EXAMPLE_ID], rejected: [] },
      },
      {
        status: 202,
        says: 'the direct alert is stored',
        schema: DirectAnswer,
        example: { incident_id: EXAMPLE_ID },
      },
    ],
    problems: [...BODY_PROBLEMS, 'AEGIS_OVERLOADED'],
  },
  {
    method: 'post',
    path: '/v1/logs',
    group: 'Coming in',
    summary: "OTLP/HTTP logs as JSON, for the log window of the services' last minutes",
    more: 'Up to 4 MB after inflation; gzip allowed, protobuf is answered with 415. Lines that found no room are told, so that they are not sent again.',
    door: 'webhook',
    body: { type: 'application/json', schema: logs, examples: { 'one line': LOGS_EXAMPLE } },
    answers: [{ status: 200, says: 'taken, but for those that are told', schema: LogsAnswer, example: {} }],
    problems: BODY_PROBLEMS.filter((code) => code !== 'AEGIS_DATABASE_DOWN'),
  },
];

const WEBHOOK_EXAMPLES = {
  direct: {
    incident_id: '4711',
    container_name: 'target-app',
    alert_type: 'slow',
    logs: '',
    timestamp: '2026-03-01T12:00:00Z',
  },
  'from Alertmanager': {
    version: '4',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'TargetMemorySaturated', service: 'target-app', severity: 'critical' },
        annotations: { summary: 'target-app is about to run out of memory' },
        startsAt: '2026-03-01T12:00:00.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        fingerprint: 'a1b2c3d4e5f60718',
      },
    ],
  },
};
const LOGS_EXAMPLE = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'target-app' } }] },
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: '1772366400000000000',
              severityText: 'ERROR',
              body: { stringValue: 'order failed' },
            },
          ],
        },
      ],
    },
  ],
};

/** The webhook body of Alertmanager (version 4) and of Grafana's alerting, which has the same alerts. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Alert } from '../incident/incident.ts';

export const AlertmanagerEnvelope = z.object({
  version: z.string().optional(),
  receiver: z.string().optional(),
  orgId: z.number().optional(),
  alerts: z.array(z.unknown()).max(10_000),
});
export type AlertmanagerEnvelope = z.infer<typeof AlertmanagerEnvelope>;

/** Far more than any label holds; a longer value is cut, since whom it is about stands at its beginning. */
const VALUE_CHARS = 10_000;
const text = z.string().transform((value) => value.slice(0, VALUE_CHARS));
const labels = z.record(z.string().min(1).max(1_000), text);
/** Alertmanager writes the year 1 where it means "not yet". */
const NEVER = /^0001-/;
const time = z.iso.datetime({ offset: true });

const Body = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: labels.refine((l) => l.alertname, { error: 'has no alertname', path: ['alertname'] }),
  annotations: labels.default({}),
  startsAt: time.refine((t) => !NEVER.test(t), { error: 'says that the alert never began' }),
  endsAt: time.nullish(),
  generatorURL: text.nullish(),
  fingerprint: z.string().max(200).optional(),
});

/** @returns the alert, or why it is none: the reason names the field. */
export function parseAlert(body: unknown, envelope: AlertmanagerEnvelope): Alert | { rejected: string } {
  const parsed = Body.safeParse(body);
  if (!parsed.success) return { rejected: reasonOf(parsed.error) };
  const { status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint } = parsed.data;
  return {
    fingerprint: fingerprint || fingerprintOf(labels),
    name: labels.alertname as string,
    status,
    severity: labels.severity ?? 'none',
    startsAt: new Date(startsAt).toISOString(),
    endsAt: endsAt && !NEVER.test(endsAt) ? new Date(endsAt).toISOString() : null,
    labels,
    annotations,
    generatorUrl: generatorURL ?? null,
    source: envelope.orgId === undefined ? 'alertmanager' : 'grafana',
  };
}

/** One line, every bad field in it. */
export function reasonOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}

/** The same labels, the same alert, in whatever order they come. */
export function fingerprintOf(labels: Record<string, string>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** The webhook body of Alertmanager (version 4) and of Grafana's alerting, which has the same alerts. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Alert } from '../incident/incident.ts';
import { storable } from '../incident/stored-text.ts';

export const AlertmanagerEnvelope = z.object({
  version: z.string().optional(),
  receiver: z.string().optional(),
  orgId: z.number().optional(),
  alerts: z.array(z.unknown()).max(10_000),
});
export type AlertmanagerEnvelope = z.infer<typeof AlertmanagerEnvelope>;

/** Far more than any label holds; a longer value is cut, since whom it is about stands at its beginning. */
const VALUE_CHARS = 10_000;
const text = z.string().transform((value) => storable(value.slice(0, VALUE_CHARS)));
/** Names stand in indexes and labels; nobody's real one is longer. */
const NAME_CHARS = 300;
const labels = z.record(z.string().min(1).max(1_000), text);
/** Those that may name the alert or its target. */
const NAMES = ['alertname', 'service', 'service_name', 'container_name', 'job'];
/** Alertmanager writes the year 1 where it means "not yet". */
const NEVER = /^0001-/;
const time = z.iso
  .datetime({ offset: true })
  .refine(isStorable, { error: 'is not between the years 1970 and 9999' });

export const AlertBody = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: labels
    .refine((l) => l.alertname, { error: 'has no alertname', path: ['alertname'] })
    .refine((l) => NAMES.every((name) => (l[name] ?? '').length <= NAME_CHARS), {
      error: `${NAMES.join(', ')}: at most ${NAME_CHARS} characters each`,
    }),
  annotations: labels.default({}),
  startsAt: time,
  endsAt: z.union([z.string().regex(NEVER), time]).nullish(),
  generatorURL: text.nullish(),
  fingerprint: z.string().max(200).transform(storable).optional(),
});

/** @returns the alert, or why it is none: the reason names the field. */
export function parseAlert(body: unknown, envelope: AlertmanagerEnvelope): Alert | { rejected: string } {
  const parsed = AlertBody.safeParse(body);
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

/** Whether PostgreSQL and JSON can hold a time. */
export function isStorable(time: string | number): boolean {
  const at = new Date(time).getTime();
  return at >= 0 && at < Date.UTC(10_000, 0, 1);
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

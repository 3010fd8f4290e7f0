/** The direct body, for senders that are no Alertmanager: one container, one complaint. */
import { z } from 'zod';
import type { Alert } from '../incident/incident.ts';
import { redacted, storable } from '../incident/stored-text.ts';
import { fingerprintOf, isStorable } from './alertmanager.ts';

const LOG_CHARS = 20_000;

const name = z.string().transform(storable).pipe(z.string().min(1).max(300));

export const DirectBody = z.object({
  incident_id: z.union([z.string().min(1).max(200), z.number()]).transform((id) => storable(String(id))),
  container_name: name,
  alert_type: name,
  logs: z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('\n'))]).default(''),
  timestamp: z
    .union([z.iso.datetime({ offset: true }), z.number().positive()])
    .refine((time) => isStorable(timeOf(time).getTime()), {
      error: 'is not between the years 1970 and 9999',
    }),
});
export type DirectBody = z.infer<typeof DirectBody>;

/** `timestamp` as a number is epoch seconds, or milliseconds where it is too large for seconds. */
export function directAlert(body: DirectBody): Alert {
  const labels = { alertname: body.alert_type, container_name: body.container_name };
  return {
    fingerprint: fingerprintOf({ ...labels, incident_id: body.incident_id }),
    name: body.alert_type,
    status: 'firing',
    severity: 'critical',
    startsAt: timeOf(body.timestamp).toISOString(),
    endsAt: null,
    labels,
    annotations: {
      external_id: body.incident_id,
      // Blanked before the cut: behind it a secret might have lost the name that tells it.
      ...(body.logs && { logs: storable(redacted(body.logs).slice(-LOG_CHARS)) }),
    },
    generatorUrl: null,
    source: 'direct',
  };
}

function timeOf(timestamp: string | number): Date {
  if (typeof timestamp === 'string') return new Date(timestamp);
  return new Date(timestamp > 1e11 ? timestamp : timestamp * 1000);
}

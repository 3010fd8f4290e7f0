/** OTLP/HTTP logs in JSON, as the Collector's otlphttp exporter sends them with `encoding: json`. */
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { LogLine } from '../incident/incident.ts';
import { reasonOf } from './alertmanager.ts';

const DAY_MS = 86_400_000;
const AnyValue = z.object({ stringValue: z.string().optional() }).loose();
const Attributes = z.array(z.object({ key: z.string(), value: AnyValue.optional() })).default([]);
const Nanos = z.union([z.string(), z.number()]).optional();
const LogRecord = z.object({
  timeUnixNano: Nanos,
  observedTimeUnixNano: Nanos,
  severityText: z.string().optional(),
  severityNumber: z.union([z.number(), z.string()]).optional(),
  body: AnyValue.optional(),
});
export const OtlpLogs = z.object({
  resourceLogs: z
    .array(
      z.object({
        resource: z.object({ attributes: Attributes }).optional(),
        scopeLogs: z.array(z.object({ logRecords: z.array(LogRecord).default([]) })).default([]),
      }),
    )
    .default([]),
});

/** Throws AEGIS_BODY_UNREADABLE naming the field. */
export function parseOtlpLogs(body: unknown, now: Date): LogLine[] {
  const parsed = OtlpLogs.safeParse(body);
  if (!parsed.success)
    throw new AegisError('AEGIS_BODY_UNREADABLE', reasonOf(parsed.error), {
      field: 'resourceLogs',
      cause: parsed.error,
    });
  return parsed.data.resourceLogs.flatMap(({ resource, scopeLogs }) => {
    const service =
      resource?.attributes.find((a) => a.key === 'service.name')?.value?.stringValue ?? 'unknown';
    return scopeLogs.flatMap(({ logRecords }) => logRecords.map((record) => lineOf(record, service, now)));
  });
}

function lineOf(record: z.infer<typeof LogRecord>, service: string, now: Date): LogLine {
  const nanos = Number(record.timeUnixNano) || Number(record.observedTimeUnixNano);
  const told = new Date(nanos / 1e6);
  // A clock or a unit that is far off would put the line where nobody looks, or where PostgreSQL takes none.
  const at = Math.abs(told.getTime() - now.getTime()) < DAY_MS ? told : now;
  return {
    timestamp: at.toISOString(),
    severity: record.severityText?.toLowerCase() || severityOf(Number(record.severityNumber)),
    message: record.body?.stringValue ?? JSON.stringify(record.body ?? ''),
    service,
  };
}

/** OpenTelemetry's logs data model: 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal. */
function severityOf(number: number): string {
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  return names[Math.floor((number - 1) / 4)] ?? 'unspecified';
}

/** OTLP/HTTP logs in JSON, as the Collector's otlphttp exporter sends them with `encoding: json`. */
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { LogLine } from '../incident/incident.ts';
import { reasonOf } from './alertmanager.ts';

const DAY_MS = 86_400_000;
/** Of a body within itself; what lies deeper is not read. */
const DEPTH = 20;
const SCALARS = ['stringValue', 'intValue', 'doubleValue', 'boolValue', 'bytesValue'];
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
    message: messageOf(record.body),
    service,
  };
}

/** As text. What has fields becomes `name=value`: so names stand where they are looked for, those of secrets too. */
function messageOf(body: z.infer<typeof AnyValue> | undefined): string {
  if (body?.stringValue !== undefined) return body.stringValue;
  return pairsOf('', body).join(' ') || JSON.stringify(body ?? '');
}

/** One a value; of a list each under the list's name. */
function pairsOf(name: string, value: unknown, depth = 0): string[] {
  if (value === null || typeof value !== 'object') return [];
  if (depth > DEPTH) return [`${name}=...`];
  const { kvlistValue, arrayValue, ...scalar } = value as Record<string, unknown>;
  const fields = valuesIn(kvlistValue).flatMap((field) => {
    const { key, value: inner } = (field ?? {}) as Record<string, unknown>;
    return pairsOf(name ? `${name}.${key}` : `${key}`, inner, depth + 1);
  });
  const items = valuesIn(arrayValue).flatMap((item) => pairsOf(name, item, depth + 1));
  const own = SCALARS.flatMap((kind) => (kind in scalar ? [wordOf(scalar[kind])] : []));
  return [...fields, ...items, ...own.map((word) => (name ? `${name}=${word}` : word))];
}

const valuesIn = (list: unknown): unknown[] => {
  const values = (list as { values?: unknown } | null | undefined)?.values;
  return Array.isArray(values) ? values : [];
};

/** In quotes where it would not be read as one. */
function wordOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"'=]+$/.test(text) ? text : JSON.stringify(text);
}

/** OpenTelemetry's logs data model: 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal. */
function severityOf(number: number): string {
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  return names[Math.floor((number - 1) / 4)] ?? 'unspecified';
}

/** What comes in, read by its schema: the same that `GET /openapi.json` shows. */
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import { storable } from '../incident/stored-text.ts';

const A_NAME = 'a name of 1 to 100 characters is wanted';
/** Who says so. It stands in the timeline for ever. */
export const PersonName = z
  .string(A_NAME)
  .overwrite(storable)
  .trim()
  .min(1, A_NAME)
  .max(100, A_NAME)
  .describe('Your name, for the timeline.');

/** The exact action that a person decides about, as `approval.hash` of the incident shows it. */
export const ActionHash = z
  .string('the hash that GET /api/incidents/:id shows as approval.hash is wanted')
  .regex(/^[0-9a-f]{64}$/, 'the hash that GET /api/incidents/:id shows as approval.hash is wanted')
  .describe('`approval.hash` of the incident: exactly what would be done.');

/** Throws AEGIS_BODY_UNREADABLE that says all that is wrong and names the first field. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  return read(schema, body ?? {}, 'AEGIS_BODY_UNREADABLE', 'body');
}

/** Throws AEGIS_QUERY that says all that is wrong and names the first parameter. */
export function readQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  return read(schema, query, 'AEGIS_QUERY', 'query');
}

function read<T>(
  schema: z.ZodType<T>,
  value: unknown,
  code: 'AEGIS_BODY_UNREADABLE' | 'AEGIS_QUERY',
  whole: string,
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const words = issues.map((issue) => `${issue.path.join('.') || whole}: ${issue.message}`).join('; ');
  throw new AegisError(code, words, { field: issues[0]?.path.join('.') || whole });
}

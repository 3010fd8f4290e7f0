/** Fields of an evidence bundle: what is taken for a time, a number or a word, and the words for what is not. */
import { z } from 'zod';

/** Epoch seconds end here (the year 5138), epoch milliseconds begin: the one is never taken for the other in our time. */
const FIRST_MS = 100_000_000_000;
/** The last moment with four digits of a year. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const NOT_A_TIME = 'must be an ISO 8601 time or epoch seconds';

/** Missing and null are the same: null. */
export const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

/** A section, or a field that only our own export has: missing stays missing, and null counts as missing. */
export const ifThere = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

export const text = z.string({ error: 'must be a text' });
export const name = text.min(1, 'must not be empty');
export const number = z.number({ error: 'must be a finite number' });
export const count = number.min(0, 'must not be negative');
export const flag = z.boolean({ error: 'must be true or false' });
export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` });
export const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'must be a list' });
export const record = <T extends z.ZodRawShape>(shape: T) => z.object(shape, { error: 'must be an object' });

/** Labels as senders write them: numbers and the like become texts, null is left out. */
export const labels = z
  .record(z.string(), z.unknown(), { error: 'must be an object' })
  .nullish()
  .transform(
    (all): Record<string, string> =>
      Object.fromEntries(
        Object.entries(all ?? {})
          .filter(([, value]) => value !== null && value !== undefined)
          .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
      ),
  );

/** ISO 8601 in UTC. What has no zone is held to be UTC; before 1970 (how Docker and Go write "never") is null. */
const moment = z.union([z.string(), z.number()], { error: NOT_A_TIME }).transform((given, context) => {
  const ms = msOf(given);
  if (ms === null) {
    // Some write no time as an empty text.
    if (given === '') return null;
    context.addIssue(NOT_A_TIME);
    return z.NEVER;
  }
  return ms > 0 ? new Date(ms).toISOString() : null;
});

export const maybeTime = maybe(moment);
export const time = moment.refine((at) => at !== null, NOT_A_TIME).transform((at) => at ?? '');

/** Milliseconds since 1970; null: no time that can be written with four digits of a year. */
function msOf(given: string | number): number | null {
  const ms = typeof given === 'string' ? msOfText(given.trim()) : msOfNumber(given);
  return Number.isFinite(ms) && ms <= LAST_MS ? ms : null;
}

function msOfNumber(given: number): number {
  return given < FIRST_MS ? given * 1000 : given;
}

function msOfText(given: string): number {
  if (/^\d+(\.\d+)?$/.test(given)) return msOfNumber(Number(given));
  const [, day, clock, fraction, zone = 'Z'] = ISO.exec(given) ?? [];
  if (!day) return Number.NaN;
  if (!clock) return Date.parse(day);
  const parts = zone.toUpperCase() === 'Z' ? 'Z' : withMinutes(zone);
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  return Date.parse(`${day}T${seconds}.${(fraction ?? '0').slice(0, 3)}${parts}`);
}

/** `+02` and `+0200` as `+02:00`. */
function withMinutes(zone: string): string {
  const digits = zone.slice(1).replace(':', '');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2) || '00'}`;
}

/** [epoch seconds, value], oldest first. The time may be told as any other time is. */
export const series = list(
  z
    .tuple([z.union([z.number(), z.string()], { error: NOT_A_TIME }), number], {
      error: 'must be [time, value]',
    })
    .transform(([at, value], context): [number, number] => {
      const ms = msOf(at);
      if (ms === null) {
        context.addIssue({ code: 'custom', message: NOT_A_TIME, path: [0] });
        return z.NEVER;
      }
      return [ms / 1000, value];
    }),
).transform((points) => points.toSorted(([a], [b]) => a - b));

/** `signals[0].series[1][1]`, as a person would write it; of the whole: nothing. */
export function tellPath(path: PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

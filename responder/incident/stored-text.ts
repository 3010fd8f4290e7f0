/**
 * Text on its way into the database. Whatever came from outside (output, labels, answers) passes here: characters that
 * PostgreSQL cannot hold are dropped, so that no log line can make an incident unwritable, and secrets are blanked.
 */
import { redacted } from './secrets.ts';

export { redacted };

/** Neither NUL nor half a surrogate pair: PostgreSQL takes neither, and no name or message means anything by them. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** JSON for a `jsonb` column: every string in it, names of fields too, storable and redacted. */
export function jsonb(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'string') return storable(redacted(part));
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [storable(name), field]));
  });
}

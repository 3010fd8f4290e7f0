/**
 * Text on its way into the database. Whatever came from outside (output, labels, answers) passes here: characters that
 * PostgreSQL cannot hold are dropped, so that no log line can make an incident unwritable, and secrets are blanked.
 */

const BLANK = '[redacted]';

/** What looks like a secret (our own login cookie among them), and what is left of it. Deliberately generous: a blanked word costs less than a leaked key. */
const SECRETS: [pattern: RegExp, kept: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, BLANK],
  // A scheme is short: without a bound, a long line of words and dots would be read again from each of them.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/gi, `$1${BLANK}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${BLANK}`],
  [
    /((?:password|passwd|pwd|secret|token|aegis_login|api[_-]?key|access[_-]?key|credentials?)["']?\s*[=:]\s*["']?)[^\s"',;&}]+/gi,
    `$1${BLANK}`,
  ],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/g, BLANK], // JSON Web Token
  [
    /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,})\b/g,
    BLANK,
  ],
];

/** Neither NUL nor half a surrogate pair: PostgreSQL takes neither, and no name or message means anything by them. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** Blanks what looks like a password, token or key. */
export function redacted(text: string): string {
  return SECRETS.reduce((rest, [pattern, kept]) => rest.replace(pattern, kept), text);
}

/** JSON for a `jsonb` column: every string in it, names of fields too, storable and redacted. */
export function jsonb(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'string') return storable(redacted(part));
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [storable(name), field]));
  });
}

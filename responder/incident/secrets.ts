/**
 * Secrets in running text, and what is left of it. Generous on purpose: a blanked word costs less than a leaked key. Two things
 * hold for all of it. Hostile text is read once: what may repeat has a bound, or is never begun twice in one run of characters.
 * And to blank twice is to blank once: only the last step, which takes values as a whole, reaches over a BLANK.
 */

const BLANK = '[redacted]';

/** What gives itself away by its form. Addresses first: a password in one may have any form. */
const SHAPES: [pattern: RegExp, kept: string][] = [
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    BLANK,
  ],
  // A scheme is short: without a bound, a long line of words and dots would be read again from each of them.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*:)(?:(?!\[redacted\])[^\s@/])+(?=@)/gi, `$1${BLANK}`],
  [/\b(Bearer|Basic)\s{1,20}[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${BLANK}`],
  // JSON Web Token. Looked for once in a run of its characters, not from each place where one could begin.
  [/(?<![\w-])(?=(?:[\w-]*[_-])?eyJ)[\w-]{11,}\.[\w-]{8,}(?:\.[\w-]+)?/g, BLANK],
  [/(?<![A-Za-z0-9])A[KS]IA[0-9A-Z]{16}(?![0-9A-Z])/g, BLANK], // AWS
  [/(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})/g, BLANK],
  [/(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{30,}|xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})/g, BLANK],
  [/(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|[rs]k_(?:live|test)_[A-Za-z0-9]{8,}|AIza[\w-]{30,})/g, BLANK],
  // Whoever knows this path may post. JSON may write a slash behind a backslash.
  [/(hooks\.slack\.com\\{0,4}\/[a-z]{4,20}\\{0,4}\/)(?:[\w-]|\\{0,4}\/){8,}/gi, `$1${BLANK}`],
];

/** `name = value` as programs write it: JSON (inside of JSON, too), YAML, hashes, headers, environments. */
const FIELD = new RegExp(
  [
    '(?:(?<header>authorization)|(?<cookie>cookies?)|(?<pass>pass)',
    // PublicKeyToken is a part of the name of each .NET assembly.
    '|password|passwd|passphrase|passcode|pwd|secret|(?<!public[_-]?key)token|aegis_login|credentials?',
    '|(?:db|pg|mysql|postgres|redis|mongo|smtp|mail|ftp|ldap|user|admin|root)[_.-]?pass',
    // Not any key: primary_key, cache_key and routing_key tell what happened.
    '|(?:api|secret|access|private|encryption|decryption|signing|master|auth|account|app|hmac|jwt|ssh|deploy|license)',
    '[_.-]?key(?:[_-]?base)?)',
    String.raw`(?:\\{0,8}["'])?\]?\s{0,20}(?:={1,3}>?|:=?)\s{0,20}`,
  ].join(''),
  'gi',
);
type Field = { name: RegExpExecArray; text: string; at: number };

/** A quote before a value, perhaps behind the letter of a Python string. */
const OPENING = /[a-z]{0,2}(\\{0,8})(["'])/iy;
/** A value without quotes; `{SSHA}` belongs to it, the beginning of an object does not. */
const WORD = /(?!\{\s{0,20}\\{0,8}["'])(?:\{[\w-]{1,20}\})?[^\s"',;&}]+/y;
const LIST = /\[[^\]\r\n]*\]?/y;
/** What no password is: `pass` and `cookies` stand in counts and results, too. */
const PLAIN = /^(?:[-+]?\d[\d./]*(?:%|m?s)?|true|false|yes|no|on|off|ok|null|none|undefined)$/i;
const SCHEME = /[a-z][\w-]{0,40}[ \t]{1,8}(?=[^\s"',;}])/iy;
/** Of an Authorization in parts, such as Digest: one, and the comma behind it. */
const PART = /[\w-]{1,40}=(?:\\{0,8}"[^"\r\n]*"|[^\s,"']+)(,[ \t]{0,8})?/y;
/** Words after "authorization:" that are no scheme with its secret. */
const PROSE = /^(?!(?:token|bearer|basic|key) )[a-z]{1,15}(?: [a-z]{1,15})?$/;
const PAIR = /[^\s"'=;]{1,200}=/y;
const LINE = /[^\r\n"']*/y;
const PAIRS = /[^\s"';]*(?:;[ \t]{0,8}[^\s"';]+)*/y;

/** Blanks what looks like a password, token or key. */
export function redacted(text: string): string {
  return blankFields(SHAPES.reduce((rest, [pattern, kept]) => rest.replace(pattern, kept), text));
}

function blankFields(text: string): string {
  let told = '';
  let done = 0;
  FIELD.lastIndex = 0;
  for (let name = FIELD.exec(text); name; name = FIELD.exec(text)) {
    const secret = isWord(name) ? secretIn({ name, text, at: FIELD.lastIndex }) : null;
    if (secret === null) continue;
    told += `${text.slice(done, secret.start)}${BLANK}`;
    done = secret.end;
    FIELD.lastIndex = done;
  }
  return told + text.slice(done);
}

/** Only where a word begins is `pass` a name, be it in the middle of a dbPass: not in bypass. */
function isWord({ index, groups, input }: RegExpExecArray): boolean {
  const before = input[index - 1] ?? '';
  return !groups?.pass || !/[a-z]/i.test(before) || (/[a-z]/.test(before) && input[index] === 'P');
}

/** The end of an address in quotes, of which something is told: `Post "https://idp/oauth2/token": EOF`. */
function isPath({ index, input, 0: found }: RegExpExecArray): boolean {
  return /["']/.test(found) && /\/[\w.-]{0,40}$/.test(input.slice(Math.max(0, index - 41), index));
}

/** Where the secret stands; null where none does. */
function secretIn(field: Field): { start: number; end: number } | null {
  const { name, text, at } = field;
  const opening = matchAt(OPENING, text, at);
  const start = at + (opening?.[0].length ?? 0);
  const end = opening
    ? endOfQuoted(text, start, opening[1]?.length ?? 0, opening[2] ?? '')
    : endOfBare(field);
  const value = text.slice(start, end);
  if (value === '') return null;
  if ((name.groups?.pass || name.groups?.cookie) && PLAIN.test(value)) return null;
  if (!opening && ((name.groups?.header && PROSE.test(value)) || isPath(name))) return null;
  return { start, end };
}

/**
 * A quote ends what one with as many backslashes before it began: JSON inside of JSON has one, the next level three, and a quote
 * within the value twice as many and one more. Where nothing ends it the line does.
 */
function endOfQuoted(text: string, start: number, depth: number, quote: string): number {
  let slashes = 0;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (c === '\n' || c === '\r') return i;
    if (c === quote && (slashes < depth || slashes % (2 * depth + 2) === depth))
      return i - Math.min(slashes, depth);
    slashes = c === '\\' ? slashes + 1 : 0;
  }
  return text.length;
}

function endOfBare({ name, text, at }: Field): number {
  if (text[at] === '[' && !text.startsWith(BLANK, at)) return endOfWord(text, endOf(LIST, text, at));
  if (name.groups?.header) return endOfHeader(text, at);
  if (name.groups?.cookie && matchAt(PAIR, text, at))
    return endOf(name[0].trimEnd().endsWith(':') ? LINE : PAIRS, text, at);
  return endOfWord(text, at);
}

/** A scheme, and its word or its parts. */
function endOfHeader(text: string, at: number): number {
  const credentials = endOf(SCHEME, text, at);
  let end = credentials;
  let next = credentials;
  for (let part = matchAt(PART, text, next); part && credentials > at; part = matchAt(PART, text, next)) {
    next += part[0].length;
    end = next - (part[1]?.length ?? 0);
    if (part[1] === undefined) break;
  }
  return end > credentials ? end : endOfWord(text, credentials);
}

/** A backslash before the quote that follows is the quote's. */
function endOfWord(text: string, at: number): number {
  let end = endOf(WORD, text, at);
  if (text[end] === '"' || text[end] === "'") while (end > at && text[end - 1] === '\\') end--;
  return end;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  return at + (matchAt(pattern, text, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

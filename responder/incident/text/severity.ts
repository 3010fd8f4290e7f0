/** What a line says of itself: its text without prefixes, and how grave it is. */
import { MOST_LOOKED_AT } from './plain.ts';

export type Severity = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'unspecified';
/** The gravest first. */
export const SEVERITIES: Severity[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unspecified'];

const WORDS: [Severity, RegExp][] = [
  ['fatal', /^(?:fatal|panic|crit(?:ical)?|emerg(?:ency)?|alert|f)\d?$/i],
  ['error', /^(?:err(?:or)?|severe|e|fail(?:ure)?)\d?$/i],
  ['warn', /^(?:warn(?:ing)?|w)\d?$/i],
  ['info', /^(?:info(?:rmation(?:al)?)?|notice|log|i|normal)\d?$/i],
  ['debug', /^(?:debug|fine|config|d|verbose)\d?$/i],
  ['trace', /^(?:trace|finer|finest|t|silly)\d?$/i],
];
/** As pino and bunyan number them. */
const NUMBERS: Severity[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

const LEVEL = `(fatal|panic|crit(?:ical)?|emerg(?:ency)?|alert|err(?:or)?|severe|warn(?:ing)?|notice|info(?:rmation)?|debug|trace|verbose|log)`;
const TIME = String.raw`(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S{0,14}|\[[^\]\n]{10,40}\]|\w{3} +\d{1,2} \d\d:\d\d:\d\d|\d\d:\d\d:\d\d\S{0,5})`;
const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s{1,8}\d{1,10} [^\s\]]{1,120}\] /;
const REDIS = /^\d{1,10}:[MSCX] [\w :.]{8,32} ([.\-*#]) /;
const REDIS_SIGNS: Record<string, Severity> = { '.': 'debug', '-': 'debug', '*': 'info', '#': 'warn' };
/** A time, perhaps a thread or a logger in brackets, and the level. */
const PREFIX = new RegExp(
  String.raw`^(?!panic: )(?:${TIME}[ ,;|-]{0,3}){0,2}(?:UTC |\[[^\]\n]{1,60}\] ?){0,2}[\[(<]?${LEVEL}[\])>]?(?=[\s:|,-])[\s:|,-]{0,4}`,
  'i',
);
const ONLY_TIME = new RegExp(`^${TIME}[ ,;|-]{0,3}`);
const LOGFMT_LEVEL = /(?:^|\s)(?:level|lvl|severity|loglevel)=["']?(\w{1,12})/i;
const LOGFMT_TEXT = /(?:^|\s)(?:msg|message|error|err)=(?:"((?:[^"\\\n]|\\.){0,2000})"?|(\S{1,2000}))/;
/** Where nothing else says it: these are said by what died or failed. */
const DYING =
  /^(?:Traceback \(most recent call last\)|panic: |fatal error: |goroutine \d+ \[|Unhandled exception|Exception in thread |(?:[\w.$]{1,100})(?:Error|Exception)\b)/;

/** Text and severity of one line as it came; what it says of itself counts where nobody else says more than `info`. */
export function readLine(message: string, given: string): { text: string; severity: Severity } {
  const known = severityOf(given);
  const own = ownWords(message);
  const isOpen = known === 'unspecified' || known === 'info';
  return { text: own.text.trim() || message, severity: isOpen && own.severity ? own.severity : known };
}

/** Of a level in words or numbers, as any program writes it. */
export function severityOf(level: unknown): Severity {
  if (typeof level === 'number' || (typeof level === 'string' && /^\d{2}$/.test(level)))
    return NUMBERS[Math.floor(Number(level) / 10) - 1] ?? 'unspecified';
  if (typeof level !== 'string') return 'unspecified';
  const word = level.trim();
  return WORDS.find(([, words]) => words.test(word))?.[0] ?? 'unspecified';
}

interface OwnWords {
  text: string;
  severity: Severity | null;
}

function ownWords(message: string): OwnWords {
  if (/^\s{0,4}\{/.test(message)) {
    const json = fromJson(message);
    if (json) return json;
  }
  const head = message.slice(0, MOST_LOOKED_AT);
  const klog = KLOG.exec(head);
  if (klog) return { text: head.slice(klog[0].length), severity: severityOf(klog[1]) };
  const redis = REDIS.exec(head);
  if (redis) return { text: head.slice(redis[0].length), severity: REDIS_SIGNS[redis[1] ?? ''] ?? null };
  const level = LOGFMT_LEVEL.exec(head)?.[1];
  if (level) {
    const text = LOGFMT_TEXT.exec(head);
    return { text: text?.[1] ?? text?.[2] ?? head, severity: specified(level) };
  }
  const prefix = PREFIX.exec(head);
  if (prefix?.[1]) return { text: head.slice(prefix[0].length), severity: specified(prefix[1]) };
  return { text: head.replace(ONLY_TIME, ''), severity: DYING.test(head) ? 'error' : null };
}

function specified(level: unknown): Severity | null {
  const severity = severityOf(level);
  return severity === 'unspecified' ? null : severity;
}

/** Null for what is no JSON. */
function fromJson(message: string): OwnWords | null {
  if (message.length > 4 * MOST_LOOKED_AT) return null;
  try {
    const told = JSON.parse(message) as Record<string, unknown>;
    const level = told.level ?? told.severity ?? told.lvl ?? told.levelname ?? told['log.level'];
    const words = [told.msg, told.message, told.error, told.err, told.event].map(wordsIn).find(Boolean);
    return { text: words ?? '', severity: specified(level) };
  } catch {
    return null; // cut in the middle, or no JSON after all
  }
}

/** A field with an error in it has its words one step deeper. */
function wordsIn(field: unknown): string {
  if (typeof field === 'string') return field;
  if (field === null || typeof field !== 'object') return '';
  const { message, msg } = field as Record<string, unknown>;
  return ([message, msg].find((words) => typeof words === 'string') as string | undefined) ?? '';
}

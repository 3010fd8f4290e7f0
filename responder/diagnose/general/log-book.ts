/** What the logs say: which signs, how much of what is wrong speaks of each, whose lines they are, and since when. */
import type { Evidence, LogLine, LogPattern } from '../../incident/evidence.ts';
import { flagsIn } from '../../incident/text/flags.ts';
import { patternsOf } from '../../incident/text/patterns.ts';
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { NO_TROUBLE, type Sign, signsIn } from './lexicon.ts';

export interface Entry {
  pattern: LogPattern;
  signs: Sign[];
  /** The same, also of whoever only complains of the target. */
  told: Sign[];
  /** How much it counts: none for what speaks to the reader, what was there before the trouble just as often, and what is over. */
  weight: number;
  /** Since when, in epoch seconds. */
  first: number | null;
}
export interface Voice {
  /** Share of all that is wrong in the logs which speaks of this, 0 to 1. */
  share: number;
  count: number;
  entries: Entry[];
}
export interface LogBook {
  looked: boolean;
  entries: Entry[];
  evidence: Evidence[];
  /** How many lines tell of something wrong. */
  wrong: number;
  /** Of any of these signs. */
  says: (...signs: Sign[]) => Voice;
  /** The same, complaints of callers too. */
  complains: (...signs: Sign[]) => Voice;
  /** Lines that tell of something wrong and name it, or are its own, unless only those of others count. */
  names: (name: string, byOthers?: boolean) => Voice;
  /** Lines that tell of something wrong and have at least one telling word of the name. */
  hints: (name: string) => Voice;
  /** Whether a line has this text, e.g. a version: one that tells of something wrong, or one of the target. */
  mentions: (text: string) => boolean;
  /** Whether it takes part: somebody else's line names it, or its own line names the target. */
  hears: (name: string) => boolean;
  /** When what is wrong begins in the logs, in epoch seconds: between the line before and the first; null where unseen. */
  onset: { after: number; by: number } | null;
}

/** Said by many at once and of little else: where a line speaks of something more telling, these do not count. */
const GENERIC: ReadonlySet<Sign> = new Set<Sign>([
  'slow-dependency',
  'dependency-error',
  'unreachable',
  'network',
  'crash',
  'retry',
  'overload',
]);
/** That somebody does not answer, whoever it is. */
const REACH: ReadonlySet<Sign> = new Set<Sign>([
  'slow-dependency',
  'dependency-error',
  'unreachable',
  'network',
]);
/** Count whatever severity their writer gave them. */
const DECISIVE: ReadonlySet<Sign> = new Set<Sign>([
  'stuck',
  'out-of-memory',
  'files-used-up',
  'threads-used-up',
  'disk',
]);
const GRAVE = /^(fatal|error|critical|crit|alert|emerg|severe|panic)/i;
const UNEASY = /^(warn|unspecified|unknown|notice|$)/i;
/** Wrong, in words that tell no more. */
const WRONG =
  /\b(errors?|exceptions?|fail(ed|ure|ing|s)?|exceeded|unresponsive|fatal|panic|abort(ed)?|refused|rejected|denied|corrupt|invalid)\b/i;
/** Anybody may post these: shown, and nothing is decided by them. */
const BROWSER = 'browser of ';
const MOST = 400;
/** As often before as since, up to this factor, is noise. */
const NOISE = 1.5;
const MANY_BEFORE = 3;
/** In seconds. */
const LONG_BEFORE = 240;

export function logBookOf(incident: Case, onset: number | null): LogBook {
  const evidence = ofKind(incident, 'logs').filter((e) => !e.query.startsWith(BROWSER));
  const lines = evidence.flatMap((e) => e.data.lines);
  const unflagged = lines.filter(({ message }) => flagsIn(message).length === 0);
  const iso = onset === null ? null : new Date(onset * 1000).toISOString();
  const { patterns } = patternsOf(lines, { onset: iso, most: MOST });
  const times = spanOf(unflagged, onset);
  const wellAt = allWellAt(incident);
  const entries = patterns
    .map((pattern) => entryOf(pattern, times, incident.target))
    .map((entry) => (isOver(entry, wellAt, onset) ? { ...entry, weight: 0 } : entry));
  const looked = incident.evidence.some((e) => e.data.kind === 'logs' || e.query === 'logs');
  const wrong = entries.reduce((sum, { weight }) => sum + weight, 0);
  const voice = (chosen: Entry[]): Voice => ({
    share: wrong === 0 ? 0 : chosen.reduce((sum, { weight }) => sum + weight, 0) / wrong,
    count: chosen.reduce((sum, { pattern }) => sum + (pattern.since ?? pattern.count), 0),
    entries: chosen,
  });
  return {
    ...{ looked, entries, evidence, wrong },
    says: (...signs) =>
      voice(entries.filter((one) => one.weight > 0 && one.signs.some((sign) => signs.includes(sign)))),
    complains: (...signs) =>
      voice(entries.filter((one) => one.weight > 0 && one.told.some((sign) => signs.includes(sign)))),
    names: (name, byOthers = false) =>
      voice(
        entries.filter(
          ({ weight, pattern }) =>
            weight > 0 &&
            isAbout(pattern, name) &&
            !(byOthers && pattern.service !== null && isSame(pattern.service, name)),
        ),
      ),
    hints: (name) => voice(entries.filter((one) => one.weight > 0 && isHinted(one.pattern, name))),
    mentions: (text) =>
      text !== '' &&
      (unflagged.some((line) => isOf(line, incident.target) && line.message.includes(text)) ||
        entries.some(
          ({ weight, pattern }) => weight > 0 && `${pattern.template}\n${pattern.example}`.includes(text),
        )),
    hears: (name) =>
      unflagged.some(({ service, message }) => {
        const isItsOwn = service !== '' && isSame(service, name);
        return hasWord(
          message.slice(0, 2_000).toLowerCase(),
          (isItsOwn ? incident.target : name).toLowerCase(),
        );
      }),
    onset: onsetOf(entries, unflagged),
  };
}

/** Its line, or one of nobody in particular. */
const isOf = ({ service }: LogLine, target: string) => service === '' || isSame(service, target);

interface Span {
  /** Seconds of log before and since the onset; null where it has none. */
  before: number;
  since: number;
}

function spanOf(lines: LogLine[], onset: number | null): Span | null {
  const times = lines.map((line) => Date.parse(line.timestamp) / 1000).filter(Number.isFinite);
  if (onset === null || times.length === 0) return null;
  return {
    before: Math.max(1, onset - Math.min(...times)),
    since: Math.max(1, Math.max(...times) - onset),
  };
}

function entryOf(pattern: LogPattern, span: Span | null, target: string): Entry {
  const all = pattern.flags.length > 0 ? [] : signsIn(`${pattern.template}\n${pattern.example}`);
  const telling = all.filter((sign) => !GENERIC.has(sign) && !NO_TROUBLE.has(sign));
  const told = telling.length > 0 ? [...telling, ...all.filter((sign) => sign === 'retry')] : all;
  // Who calls the target and gets no answer tells of the target, not of what the target depends on.
  const signs = isComplaint(pattern, target) ? told.filter((sign) => !REACH.has(sign)) : told;
  const trouble = told.some((sign) => !NO_TROUBLE.has(sign));
  const first = pattern.first === null ? null : Date.parse(pattern.first) / 1000;
  const decisive = signs.some((sign) => DECISIVE.has(sign));
  return {
    pattern,
    signs,
    told,
    weight: weightOf(pattern, trouble, decisive) * freshnessOf(pattern, span),
    first,
  };
}

/** A hundred lines of one pattern are one trouble and not a hundred; a grave line counts more than an uneasy one. */
function weightOf(
  { flags, severity, count, example }: LogPattern,
  trouble: boolean,
  decisive: boolean,
): number {
  if (flags.length > 0) return 0;
  const many = 1 + Math.log2(Math.max(1, count));
  // Whoever wrote it as news of no weight may be believed, unless it is what only a disaster says.
  if (trouble && !decisive && !GRAVE.test(severity) && !UNEASY.test(severity)) return 0.2;
  if (GRAVE.test(severity)) return many * (trouble ? 1 : 0.5);
  if (!trouble) return UNEASY.test(severity) && WRONG.test(example) ? many * 0.3 : 0;
  return many * (decisive ? 0.8 : 0.6);
}

function freshnessOf({ before, since }: LogPattern, span: Span | null): number {
  // A few lines just before are the beginning of it, not what is usual.
  if (!span || !before || before < MANY_BEFORE || span.before < LONG_BEFORE) return 1;
  const usual = before / span.before;
  const now = (since ?? 0) / span.since;
  return now > NOISE * usual ? 1 : 0;
}

/** In seconds. */
const LONG_SILENT = 600;

/** The moment of the case, in epoch seconds, where everybody whom it depends on is told to be well then; else null. */
function allWellAt(incident: Case): number | null {
  const dependencies = ofKind(incident, 'dependency');
  const now = Date.parse(incident.subject?.now ?? '') / 1000;
  const isWell = dependencies.length > 0 && dependencies.every(({ data }) => data.dependency?.healthy);
  return isWell && Number.isFinite(now) ? now : null;
}

/** Somebody was not reached, and nobody has said so for most of the time since, while all are well. */
function isOver({ pattern, told }: Entry, wellAt: number | null, onset: number | null): boolean {
  const isOfReach = told.length > 0 && told.every((sign) => REACH.has(sign));
  if (wellAt === null || !isOfReach || pattern.last === null || onset === null) return false;
  const silent = wellAt - Date.parse(pattern.last) / 1000;
  return silent > LONG_SILENT && silent > (wellAt - onset) / 2;
}

/** Whose line it is, or what it names: the name as it stands, or every word of it. */
function isAbout({ template, example, service }: LogPattern, name: string): boolean {
  if (service !== null && isSame(service, name)) return true;
  const text = `${template}\n${example.slice(0, 2_000)}`.toLowerCase();
  const words = coreOf(name)
    .split('-')
    .filter((word) => word.length >= 3);
  return words.length > 0 && words.every((word) => hasWord(text, word.replace(/s$/, '')));
}

/** Words that many names share. */
export const COMMON =
  /^(service|server|worker|producer|consumer|client|backend|frontend|proxy|gateway|prod|main|data|core|base|node|host|cluster|config|rules|flags|app|api|web|http|error|ratio|rate|total|latency|request|requests|cpu|memory|db)$/;

function isHinted({ template, example }: LogPattern, name: string): boolean {
  const text = `${template}\n${example.slice(0, 2_000)}`.toLowerCase();
  const words = coreOf(name)
    .split('-')
    .filter((word) => word.length >= 4 && !COMMON.test(word));
  return words.some((word) => hasWord(text, word.replace(/s$/, '')));
}

function isComplaint(pattern: LogPattern, target: string): boolean {
  const { service } = pattern;
  return service !== null && service !== '' && !isSame(service, target);
}

/** As a word of its own, or as the beginning of its plural. */
export function hasWord(text: string, word: string): boolean {
  if (word === '') return false;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text.slice(at + word.length, at + word.length + 2)];
    if (!/[a-z0-9]/.test(before) && /^(s?$|s?[^a-z0-9])/.test(after)) return true;
  }
  return false;
}

/** What may follow a name and be the same thing: a number, a pod's hash, where it runs. */
const SAME_REST =
  /^(\d+|[a-f0-9]{4,10}(-[a-z0-9]{4,6})?|v\d+|prod|production|staging|canary|blue|green|primary|main|web)$/;

/** `checkout`, `checkout-service`, `checkout-2` and `checkout-7d9f8b6c5-x2x9k` are one; `checkout-db` is another. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [coreOf(one), coreOf(other)].toSorted((x, y) => x.length - y.length) as [string, string];
  if (a === '') return false;
  return a === b || (b.startsWith(`${a}-`) && SAME_REST.test(b.slice(a.length + 1)));
}

/** Without the hash of a pod, and the numbers and words that follow a name: `profile-api-2` is `profile`. */
export function coreOf(name: string): string {
  const whole = name
    .toLowerCase()
    .replace(/[_.\s/]+/g, '-')
    .replace(/-[a-f0-9]{6,10}-[a-z0-9]{5}$/, '');
  return whole
    .replace(/-(v?\d+)$/, '')
    .replace(/-(service|svc|api|app|server|deployment|deploy|prod|production)$/, '');
}

function onsetOf(entries: Entry[], lines: LogLine[]): LogBook['onset'] {
  const wrong = entries.filter(({ weight, first }) => weight > 0 && first !== null);
  const loudest = Math.max(0, ...wrong.map(({ weight }) => weight));
  // A single stray line before the trouble is not its beginning.
  const counted = wrong.filter(({ weight }) => weight >= loudest * 0.5);
  if (counted.length === 0) return null;
  const by = Math.min(...counted.map(({ first }) => first as number));
  const earlier = lines.map((line) => Date.parse(line.timestamp) / 1000).filter((at) => at < by);
  return { after: earlier.length > 0 ? Math.max(...earlier) : Number.NEGATIVE_INFINITY, by };
}

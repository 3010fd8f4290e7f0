/** Who says what in a case, and whom they name: lines of logs, the alert, and what is told of changes. */
import type { LogLine } from '../../incident/evidence.ts';
import { flagsIn } from '../../incident/text/flags.ts';
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { hostsIn } from './hosts.ts';
import { NO_TROUBLE, signsIn } from './lexicon.ts';
import { COMMON, coreOf, hasWord, isSame } from './log-book.ts';

export interface Voice {
  /** Null where it is the target's, or nobody's in particular. */
  of: string | null;
  text: string;
  /** Each once, without the ending of a plural. */
  words: Set<string>;
  hosts: string[];
  /** It tells of something wrong. */
  isTrouble: boolean;
}
/** A name, and the words of it that tell whose it is. */
export interface Name {
  full: string;
  words: string[];
  isCommon: boolean;
}

/** What speaks to the reader says nothing of who has to do with whom. */
export function voicesOf(incident: Case): Voice[] {
  const { target, subject } = incident;
  const changes = ofKind(incident, 'change').flatMap(({ data: { change } }) =>
    change ? [voiceOf({ service: change.target, message: change.summary, severity: 'warn' }, target)] : [],
  );
  const alerts = (subject?.alerts ?? []).map(({ name, summary, labels }) => {
    const message = [name, summary, ...Object.values(labels)].join(' ');
    return voiceOf({ service: '', message, severity: 'error' }, target);
  });
  return [...linesIn(incident).map((line) => voiceOf(line, target)), ...alerts, ...changes].filter(
    ({ text }) => flagsIn(text).length === 0,
  );
}

export const linesIn = (incident: Case): LogLine[] =>
  ofKind(incident, 'logs').flatMap(({ data }) => data.lines);

const QUIET = /^(info|debug|trace|verbose|notice|fine|log|i|d|n)/i;
const LOUD = /^(fatal|err|critical|crit|alert|emerg|severe|panic|warn|e\b|w\b|f\b)/i;

export function voiceOf(
  { service, message, severity }: Pick<LogLine, 'service' | 'message' | 'severity'>,
  target: string,
): Voice {
  const head = message.slice(0, 2_000);
  const text = head.toLowerCase();
  return {
    of: service === '' || isSame(service, target) ? null : service,
    text,
    words: new Set(text.split(/[^a-z0-9]+/).map(stem)),
    hosts: hostsIn(head),
    isTrouble:
      LOUD.test(severity) || (!QUIET.test(severity) && signsIn(head).some((sign) => !NO_TROUBLE.has(sign))),
  };
}

export function nameOf(name: string): Name {
  const core = coreOf(name);
  const words = core.split('-').filter(Boolean).map(stem);
  return { full: name.toLowerCase(), words, isCommon: COMMON.test(core) };
}

const stem = (word: string) => word.replace(/s$/, '');

/** The name as it stands, or a telling word of it that is none of `own`, the other's. */
export function isNamed(
  { text, words: said }: Pick<Voice, 'text' | 'words'>,
  { full, words, isCommon }: Name,
  own: Name,
): boolean {
  const isWhole = words.length > 0 && words.every((word) => said.has(word));
  if (isWhole && !COMMON.test(full) && hasWord(text, full)) return true;
  if (isCommon) return false;
  if (isWhole && words.every((word) => word.length >= 3)) return true;
  return words.some(
    (word) => word.length >= 5 && said.has(word) && !COMMON.test(word) && !own.words.includes(word),
  );
}

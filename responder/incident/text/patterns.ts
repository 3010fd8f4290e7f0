/** Lines of logs -> patterns with counts: what was said, how often, and whether it is new since the onset. */
import type { LogLine, LogPattern } from '../evidence.ts';
import { makeDrain } from './drain.ts';
import { eventsOf, graver, type LogEvent } from './events.ts';
import { SEVERITIES, severityOf } from './severity.ts';

const MOST = 40;
/** A tenth of the places is kept for what speaks to the reader, which so can drive out nothing else. */
const FLAGGED_SHARE = 0.1;

interface Options {
  /** ISO 8601; what came then or later counts as since. Null: not known. */
  onset: string | null;
  /** So many patterns at most, by default 40. */
  most?: number;
}

/**
 * The patterns of these lines, the most telling first: graver before lighter, then what is new since the onset, then the rarer;
 * what speaks to the reader last. A stack trace is one event. `omitted`: so many patterns are left out. Never throws.
 */
export function patternsOf(lines: LogLine[], { onset, most = MOST }: Options) {
  const drain = makeDrain<LogEvent>();
  for (const event of eventsOf(lines)) drain.add(keyOf(event), event.text, event);
  const since = onset === null ? Number.NaN : Date.parse(onset);
  const all = drain.groups().map(({ words, members }) => patternOf(words.join(' '), members, since));
  const [ordinary, flagged] = [all.filter(isOrdinary), all.filter((one) => !isOrdinary(one))];
  const kept = ordinary.sort(byWeight).slice(0, most - Math.floor(most * FLAGGED_SHARE));
  const patterns: LogPattern[] = [...kept, ...flagged.sort(byWeight).slice(0, most - kept.length)];
  return { patterns, omitted: all.length - patterns.length };
}

/** What is never joined: other services, other gravity, and words that speak to the reader with words that do not. */
function keyOf({ service, severity, flags }: LogEvent): string {
  const grave = severity === 'fatal' ? 'error' : severity;
  return JSON.stringify([service, grave, flags]);
}

const isOrdinary = ({ flags }: LogPattern) => flags.length === 0;

function patternOf(template: string, events: LogEvent[], onset: number): LogPattern {
  const timed = events.flatMap(({ at }) => (at === null ? [] : [at]));
  const first = timed.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = timed.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const newest = events.findLast(({ at }) => at === last) ?? events.at(-1);
  const isSplit = !Number.isNaN(onset);
  return {
    template,
    example: newest?.whole ?? '',
    severity: events.map(({ severity }) => severity).reduce(graver),
    service: newest?.service ?? null,
    count: events.length,
    first: timed.length > 0 ? new Date(first).toISOString() : null,
    last: timed.length > 0 ? new Date(last).toISOString() : null,
    before: isSplit ? timed.filter((at) => at < onset).length : null,
    since: isSplit ? timed.filter((at) => at >= onset).length : null,
    flags: newest?.flags ?? [],
  };
}

function byWeight(a: LogPattern, b: LogPattern): number {
  return gravity(a) - gravity(b) || novelty(b) - novelty(a) || rarity(a) - rarity(b);
}

/** Debug and trace say no less than what gives no severity. */
function gravity({ severity }: Pick<LogPattern, 'severity'>): number {
  return Math.min(3, SEVERITIES.indexOf(severityOf(severity)));
}

/** 1: never seen before the onset. */
function novelty({ before, since }: LogPattern): number {
  return before === null || since === null || before + since === 0 ? 0 : since / (before + since);
}

function rarity({ severity, count }: LogPattern): number {
  return gravity({ severity }) < 3 ? -count : count;
}

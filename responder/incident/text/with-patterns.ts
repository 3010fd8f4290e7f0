/** The log lines of all evidence put together, as one more piece of evidence. */
import { type Evidence, enumerate, type Finding, type LogLine } from '../evidence.ts';
import { patternsOf } from './patterns.ts';

interface Options {
  /** ISO 8601; null where no onset is known. */
  onset: string | null;
  /** When the patterns were made, ISO 8601. */
  at: string;
}

/** Null where no log was looked at. A line that two places tell (same service, time and message) counts once. */
export function patternsFinding(findings: Finding[], { onset, at }: Options): Finding | null {
  const told = findings.flatMap(({ data }) => (data.kind === 'logs' ? [data.lines] : []));
  const lines = onceEach(told);
  if (lines.length === 0) return null;
  const data = { kind: 'patterns', ...patternsOf(lines, { onset }) } as const;
  return {
    source: 'logs',
    query: 'patterns of the lines above',
    at,
    status: 'ok',
    reading: inWords(data),
    data,
  };
}

/**
 * The same evidence and, numbered behind it, the patterns of its lines. Pure. Evidence that has patterns already, or no lines,
 * is given back as it is.
 */
export function withPatterns(evidence: Evidence[], onset: string | null = null): Evidence[] {
  if (evidence.some(({ data }) => data.kind === 'patterns')) return evidence;
  const finding = patternsFinding(evidence, { onset, at: evidence[0]?.at ?? '' });
  return finding ? enumerate([...evidence, finding]) : evidence;
}

/** A place may say the same twice, and that are two; two places that say it are one. */
function onceEach(places: LogLine[][]): LogLine[] {
  const counted = new Map<string, number>();
  return places.flatMap((lines) => {
    const here = new Map<string, number>();
    const fresh = lines.filter((line) => {
      const key = JSON.stringify([line.service, Date.parse(line.timestamp), line.message.trim()]);
      const nth = (here.get(key) ?? 0) + 1;
      here.set(key, nth);
      return nth > (counted.get(key) ?? 0);
    });
    for (const [key, count] of here) counted.set(key, Math.max(count, counted.get(key) ?? 0));
    return fresh;
  });
}

type Patterns = Extract<Finding['data'], { kind: 'patterns' }>;

function inWords({ patterns, omitted }: Patterns): string {
  const flagged = patterns.filter(({ flags }) => flags.length > 0).length;
  const ordinary = patterns.length - flagged;
  const top = patterns.find(({ flags }) => flags.length === 0);
  const parts = [
    `${ordinary} patterns of log lines`,
    flagged > 0 && `${flagged} more that speak to the reader and are of no weight`,
    omitted > 0 && `${omitted} left out`,
    top && `first: ${JSON.stringify(top.template.slice(0, 160))}, ${top.count} times`,
  ];
  return parts.filter(Boolean).join('; ');
}

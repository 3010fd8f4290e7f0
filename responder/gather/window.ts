/** How far back a PromQL expression looks. */

const UNITS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};
/** `[5m]`, `[1h:1m]` and `offset 15s`: what stands after the bracket or the word, up to what is no duration. */
const RANGE = /(?:\[|\boffset\s+)((?:\d+(?:ms|[smhdwy]))+)/g;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/g;
/** Recording rules that name each other in a circle cannot be loaded; this only bounds the work. */
const DEPTH = 8;

/**
 * How long after a recovery the expression may still hold, in seconds. Of terms that all have to hold (`a and b`) one that
 * ends is enough, so the shortest counts; of everything else the longest.
 */
export function clearingSeconds(expression: string, recordings: Record<string, string>): number {
  const terms = conjunctsOf(expression);
  return Math.min(...terms.map((term) => longestWindowSeconds(term, recordings)));
}

/** What stands between the `and`s outside of all brackets; the whole where an `or` or `unless` stands there, too. */
function conjunctsOf(expression: string): string[] {
  const bare = expression.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (text) =>
    ' '.repeat(text.length),
  );
  let depth = 0;
  let from = 0;
  const terms: string[] = [];
  for (const { 0: token, index } of bare.matchAll(/[([{]|[)\]}]|\b(?:and|or|unless)\b/g)) {
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    else if (depth > 0) continue;
    else if (token !== 'and') return [expression];
    else {
      terms.push(expression.slice(from, index));
      from = index + token.length;
    }
  }
  return [...terms, expression.slice(from)];
}

/** Seconds of the longest range or offset, with those of the recording rules that it reads added. 0 where it looks at now only. */
export function longestWindowSeconds(
  expression: string,
  recordings: Record<string, string>,
  depth = DEPTH,
): number {
  const own = [...expression.matchAll(RANGE)].map((match) => secondsOf(match[1] ?? ''));
  const names = new Set(expression.match(NAME) ?? []);
  const read =
    depth === 0
      ? []
      : [...names].flatMap((name) => (Object.hasOwn(recordings, name) ? [recordings[name]] : []));
  const nested = read.map((inner) => longestWindowSeconds(inner ?? '', recordings, depth - 1));
  return Math.max(0, ...own) + Math.max(0, ...nested);
}

/** Of a PromQL duration such as `1h30m`. */
function secondsOf(duration: string): number {
  const parts = [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

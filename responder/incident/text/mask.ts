/** What varies in a line of a log, replaced by `<*>`, so that lines of one kind look the same. */
export const ANY = '<*>';

/** Numbers that are words: which status, which exit code, which error of a database. */
const KEPT =
  /(?<=\b(?:HTTP\/\d(?:\.\d)?"? |status(?: ?code)?["']?[ =:]{1,3}"?|exit(?:ed)?(?: with)?(?: code| status)? ?[=:]? ?|code["']?[ =:]{1,3}|SQLSTATE[ =:[(]{1,3}|errno[ =:]{1,3}|signal ))\w{1,6}\b|\b[A-Z]{2,5}-\d{3,6}\b|\bE\d{4,6}\b/g;

const MASKS: RegExp[] = [
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d|\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?/g,
  /\b(?:[A-Z][a-z]{2},? )?(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} [A-Z][a-z]{2})(?: \d{4})? \d\d:\d\d:\d\d(?:[.,]\d{1,9})?/g,
  /\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?:\/\d{1,2})?(?::\d{1,5})?\b|\[?\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b\]?(?::\d{1,5})?/gi,
  /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b/g,
  /(?<=[a-z0-9]-)[a-f0-9]{7,10}-[a-z0-9]{5}\b/g, // of a pod
  /\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,64}\b/gi,
  // An id in quotes or in a path: a word with a digit in it, with no space.
  /(?<=["'`/])(?=[\w.-]{0,64}\d)[\w.-]{1,64}(?=["'`/?\s]|$)/g,
  /(?<![\w<])[-+]?\d+(?:[.,]\d+)*(?:ns|us|µs|ms|s|m|h|d|min|sec|seconds|minutes|[kmgt]i?b?|%)?(?:\d+(?:ms|[smh]))*(?!\w)/gi,
  /(?<=[a-z_])[-_#]?\d+\b|\b\d+(?=[a-z]*\b)/gi,
];

/** The numbers that are words: lines that differ in them are of different kinds. */
export function codesIn(text: string): string {
  return text.match(KEPT)?.join(' ') ?? '';
}

/** Linear in the length of the text: callers cut it first. */
export function masked(text: string): string {
  if (!/\d/.test(text)) return text;
  const kept: string[] = [];
  // A private character stands for a kept number until all masks are through.
  const held = text.replace(KEPT, (number) => {
    kept.push(number);
    return '\ue000';
  });
  const bare = MASKS.reduce((rest, mask) => rest.replace(mask, ANY), held);
  let at = 0;
  return bare.replaceAll(/\ue000/g, () => kept[at++] ?? ANY);
}

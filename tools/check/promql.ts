/** What an expression of PromQL reads. */

/** A metric name, and labels. */
export interface Series {
  name: string;
  labels: string[];
}

const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'offset',
  'bool',
  'by',
  'without',
  'on',
  'ignoring',
  'inf',
  'nan',
]);

/** The metrics that a PromQL expression reads, each with the labels it is matched by. */
export function selectorsIn(expression: string): Series[] {
  const bare = expression
    .replace(/#.*$/gm, '')
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const found = bare.matchAll(/(?<![\w.:])([a-zA-Z_:][\w:]*)(?![\w:]*\s*\()\s*(\{[^}]*\})?/g);
  return [...found]
    .filter(([, name = '']) => !KEYWORDS.has(name.toLowerCase()))
    .map(([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map((match) => match[1] ?? ''),
    }));
}

/** What rules read and what a scrape brings, both as metric names with their labels. */

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

/** The series of a page in Prometheus' text format. */
export function seriesIn(page: string): Series[] {
  return page.split('\n').flatMap((line) => {
    const [, name, labels = ''] = /^([a-zA-Z_:][\w:]*)(\{.*\})?\s/.exec(line) ?? [];
    if (name === undefined) return [];
    return [
      { name, labels: [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map((match) => match[1] ?? '') },
    ];
  });
}

/** The part of a scrape configuration's `metric_relabel_configs` that renames metrics. */
export interface Renaming {
  source_labels?: string[];
  regex?: string;
  target_label?: string;
  replacement?: string;
}

/** As Prometheus does it: expressions match whole names, one rule after another. */
export function renamed(name: string, rules: Renaming[]): string {
  return rules
    .filter(
      ({ source_labels, target_label }) => `${source_labels}` === '__name__' && target_label === '__name__',
    )
    .reduce((now, { regex = '(.*)', replacement = '$1' }) => {
      const match = new RegExp(`^(?:${regex})$`).exec(now);
      return match ? replacement.replace(/\$\{?(\d)\}?/g, (_, group) => match[Number(group)] ?? '') : now;
    }, name);
}

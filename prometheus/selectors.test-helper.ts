/** What rules read and what a scrape brings, both as metric names with their labels. */

import type { Series } from '../tools/check/promql.ts';

export { type Series, selectorsIn } from '../tools/check/promql.ts';

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

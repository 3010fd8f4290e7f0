/** Which test files there are. */
import { globSync } from 'node:fs';

/** Where tests stand beside their sources. */
const SOURCES = ['responder', 'target-app', 'tools', 'prometheus', 'alertmanager', 'otel-collector'];

export interface TestFiles {
  /** Beside the sources: may run side by side. */
  units: string[];
  /** Whole-system stories, each on the documented ports where they are free: one at a time. */
  stories: string[];
}

/**
 * Paths relative to `root`, sorted; with filters only those that contain one of them.
 * @param set `long`: the stories of test/long/ alone, which `npm test` leaves out for their length
 */
export function findTests(root: string, filters: string[], set: 'usual' | 'long' = 'usual'): TestFiles {
  const find = (patterns: string[]) =>
    globSync(patterns, { cwd: root })
      .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
      .sort();
  if (set === 'long') return { units: [], stories: find(['test/long/*.test.ts']) };
  return {
    units: find(SOURCES.map((folder) => `${folder}/**/*.test.ts`)),
    stories: find(['test/*.test.ts']),
  };
}

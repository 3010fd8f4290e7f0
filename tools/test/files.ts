/** Which test files there are, and in what order they run. */
import { globSync } from 'node:fs';

/** Where tests stand beside their sources. */
const SOURCES = [
  ...['responder', 'target-app', 'tools', 'prometheus', 'alertmanager', 'otel-collector'],
  'test/docker/images',
];

export interface TestFiles {
  /** Beside the sources: may run side by side. */
  units: string[];
  /** Whole-system stories, each on the documented ports where they are free: one at a time. */
  stories: string[];
  /** Stories on a real container engine: one at a time as well, and only where one answers. */
  docker: string[];
}

/**
 * Paths relative to `root`, sorted; with filters only those that contain one of them.
 * @param set `long`: the stories of test/long/ and test/long/docker/ alone, which `npm test` leaves out for their length
 */
export function findTests(root: string, filters: string[], set: 'usual' | 'long' = 'usual'): TestFiles {
  const find = (patterns: string[]) =>
    globSync(patterns, { cwd: root })
      .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
      .sort();
  if (set === 'long') {
    const [stories, docker] = [find(['test/long/*.test.ts']), find(['test/long/docker/*.test.ts'])];
    return { units: [], stories, docker };
  }
  return {
    units: find(SOURCES.map((folder) => `${folder}/**/*.test.ts`)),
    stories: find(['test/*.test.ts']),
    docker: find(['test/docker/*.test.ts']),
  };
}

/**
 * The same files, beginning with another one each day: where there is not time for all, none is left out day after day.
 * @param day number of the day, any whole number
 */
export function turned(files: string[], day: number): string[] {
  const first = files.length === 0 ? 0 : (day * STRIDE) % files.length;
  return [...files.slice(first), ...files.slice(0, first)];
}
/** Files by which it moves on: what came last comes among the first soon. */
const STRIDE = 7;

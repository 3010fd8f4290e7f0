/** The scenarios of test/scenarios, read and checked: a bundle, and what an experienced on-call engineer would answer. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Bundle, parseBundle } from '../../responder/incident/bundle.ts';
import { ACTIONS, CATEGORIES } from '../../responder/incident/vocabulary.ts';

const Expected = z.object({
  kind: z.enum(['clear', 'misleading', 'healthy', 'unanswerable']),
  action: z.enum(ACTIONS),
  /** Every one that a fair judge accepts. */
  category: z.array(z.enum(CATEGORIES)).min(1),
  target: z.string(),
  why: z.string(),
});
export type Expected = z.infer<typeof Expected>;
export interface Scenario {
  name: string;
  bundle: Bundle;
  expected: Expected;
}

/** In the order of their numbers. Throws naming the file that is not as it should be. */
export async function readScenarios(dir: string): Promise<Scenario[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.toSorted().map((name) => readScenario(dir, name)));
}

async function readScenario(dir: string, name: string): Promise<Scenario> {
  const read = (file: string) => readFile(join(dir, name, file), 'utf8');
  try {
    const [bundle, expected] = await Promise.all([read('bundle.json'), read('expected.json')]);
    return { name, bundle: parseBundle(bundle), expected: Expected.parse(JSON.parse(expected)) };
  } catch (error) {
    throw new Error(`${join(dir, name)}: ${(error as Error).message}`);
  }
}

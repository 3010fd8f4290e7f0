/** Files that nobody would read in one go. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const MOST_LINES = 300;

/** Every source file of ours; never a package's. */
const SOURCES =
  '{responder,target-app,tools,test,prometheus,alertmanager,otel-collector,grafana}/**/*.{ts,mjs}';

export function sizeProblems(root: string, mostLines = MOST_LINES): string[] {
  return globSync(SOURCES, { cwd: root }).flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length;
    return lines > mostLines ? [`${file} has ${lines} lines; ${mostLines} is the most: divide it`] : [];
  });
}

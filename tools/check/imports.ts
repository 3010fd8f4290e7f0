/** Who imports what, by .dependency-cruiser.cjs. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../toolchain/command.ts';

const FOLDERS = [
  'responder',
  'target-app',
  'tools',
  'test',
  'prometheus',
  'alertmanager',
  'otel-collector',
  'grafana',
];
/** It looks for TypeScript's own compiler, which has no API any more; swc reads the sources here. */
const NOT_NEEDED = /‼ missing-tsc-transpiler[\s\S]*$/;

/** @param root the folder whose files are read; dependency-cruiser and its rules are ours */
export async function importProblems(root: string, project: string = root): Promise<string[]> {
  const cruise = join(project, 'node_modules/.bin/depcruise');
  const folders = FOLDERS.filter((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }).length > 0);
  const args = ['--config', join(project, '.dependency-cruiser.cjs'), ...folders];
  const { code, output } = await run(cruise, args, { cwd: root, timeoutMs: 120_000 });
  if (code !== 0) return [output.replace(NOT_NEEDED, '').trim()];
  // A parser that does not work finds nothing, and nothing wrong: then there are fewer arrows than files.
  const [, modules, arrows] = /(\d+) modules, (\d+) dependencies cruised/.exec(output) ?? [];
  return Number(arrows) > Number(modules) ? [] : [`dependency-cruiser saw no imports: ${output.trim()}`];
}

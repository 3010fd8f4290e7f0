/**
 * `npm run deploy -- VERSION [--target NAME] [--dir FOLDER]`: deploys a release of a target of the demo that runs.
 * Exit status 0 when every instance tells that version, 1 if not, 2 for wrong options.
 */
import { deploy } from './deploy/deploy.ts';
import { findRunning, inventoryDirOf } from './deploy/find.ts';
import { parseOptions } from './deploy/options.ts';

const fail = (words: string) => process.stderr.write(`deploy: ${words}\n`);

const options = parseOptions(process.argv.slice(2));
if ('problem' in options) {
  fail(options.problem);
  process.exit(2);
}
const { version, target, dir } = options;
const say = (line: string) => void process.stdout.write(`${line}\n`);
try {
  await deploy({
    dir: dir === undefined ? await findRunning(say) : inventoryDirOf(dir),
    target,
    version,
    say,
  });
} catch (error) {
  fail((error as Error).message);
  process.exitCode = 1;
}

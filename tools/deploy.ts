/**
 * `npm run deploy -- VERSION [--target NAME] [--dir FOLDER | --compose]`: deploys a release of a target of the demo that
 * runs, or of the Compose project where that runs and no demo does.
 * Exit status 0 when every instance tells that version, 1 if not (also when AegisOps has taken it back by then), 2 for wrong options.
 */
import { deployByCompose } from './deploy/compose.ts';
import { deploy } from './deploy/deploy.ts';
import { placeOf } from './deploy/find.ts';
import { parseOptions } from './deploy/options.ts';

const fail = (words: string) => process.stderr.write(`deploy: ${words}\n`);

const options = parseOptions(process.argv.slice(2));
if ('problem' in options) {
  fail(options.problem);
  process.exit(2);
}
const { version, target } = options;
const say = (line: string) => void process.stdout.write(`${line}\n`);
try {
  const place = await placeOf(options, say);
  if (place === 'compose')
    process.exitCode = (await deployByCompose({ target, version, say })) === 'runs' ? 0 : 1;
  else await deploy({ dir: place, target, version, say });
} catch (error) {
  fail((error as Error).message);
  process.exitCode = 1;
}

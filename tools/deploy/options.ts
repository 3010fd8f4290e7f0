/** What `npm run deploy` was asked for. */
import { parseArgs } from 'node:util';
import { isVersion } from '../../responder/clients/runtimes/process-unit.ts';

export interface DeployOptions {
  version: string;
  target: string;
  /** Folder of the stack or of its inventory; undefined: the one that runs. */
  dir: string | undefined;
  /** The Compose project, whatever else runs. */
  compose: boolean;
}

const USAGE = 'npm run deploy -- VERSION [--target NAME] [--dir FOLDER | --compose]';

/** The options, or one line that names what is wrong with them. */
export function parseOptions(args: string[]): DeployOptions | { problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        target: { type: 'string', default: 'target-app' },
        dir: { type: 'string' },
        compose: { type: 'boolean', default: false },
      },
    });
    const [version, ...more] = positionals;
    if (version === undefined || more.length > 0)
      return { problem: `one VERSION is needed. Usage: ${USAGE}` };
    if (!isVersion(version))
      return { problem: `"${version}" is no version; letters, digits and . _ + - make one, such as 1.1.0` };
    if (values.compose && values.dir !== undefined)
      return { problem: `--dir and --compose are two places; name one. Usage: ${USAGE}` };
    return { version, target: values.target, dir: values.dir, compose: values.compose };
  } catch (error) {
    return { problem: `${(error as Error).message.split('. ')[0]}. Usage: ${USAGE}` };
  }
}

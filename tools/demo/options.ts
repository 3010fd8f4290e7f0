/** What `npm run demo` was asked for. */
import { parseArgs } from 'node:util';
import { FAULTS, type FaultName } from './faults.ts';

export interface DemoOptions {
  fault: FaultName;
  /** End after the report, even on a terminal. */
  once: boolean;
  /** The report as one JSON object on the last line of stdout, everything else on stderr. */
  json: boolean;
}

export const USAGE = `npm run demo -- [--fault ${Object.keys(FAULTS).join('|')}] [--once] [--json]`;

/** The options, or one line that names what is wrong with them. */
export function parseOptions(args: string[]): DemoOptions | { problem: string } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        fault: { type: 'string', default: 'memory' },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { fault, once, json } = values;
    if (isFault(fault)) return { fault, once, json };
    return { problem: `--fault ${fault} does not exist; there are ${Object.keys(FAULTS).join(', ')}` };
  } catch (error) {
    return { problem: `${(error as Error).message.split('. ')[0]}. Usage: ${USAGE}` };
  }
}

function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

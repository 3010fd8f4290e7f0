/** What `npm run bench` was asked for. */
import { parseArgs } from 'node:util';

/** Faults that breach at a moment which the shop logs, and the alert that each raises. */
export const FAULTS = {
  memory: 'TargetMemorySaturated',
  cpu: 'TargetEventLoopSaturated',
} as const;
export type BenchFault = keyof typeof FAULTS;

export interface BenchOptions {
  pairs: number;
  fault: BenchFault;
  /** Between the stop signal and SIGKILL, for both; the engine counts whole seconds. */
  graceSeconds: number;
  /** The result as one JSON object on the last line of stdout, everything else on stderr. */
  json: boolean;
}

const MOST_PAIRS = 100;
/** The responder's lease in docker-compose.yml is 30 s, and has to outlast the call. */
const MOST_GRACE = 10;

export const USAGE = `npm run bench -- [--pairs N] [--fault ${Object.keys(FAULTS).join('|')}] [--grace SECONDS] [--json]`;

/** The options, or one line that names what is wrong with them. */
export function parseOptions(args: string[]): BenchOptions | { problem: string } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        pairs: { type: 'string', default: '10' },
        fault: { type: 'string', default: 'memory' },
        grace: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
      },
    });
    const pairs = wholeNumber(values.pairs, 1, MOST_PAIRS);
    if (pairs === null)
      return { problem: `--pairs ${values.pairs} is no whole number from 1 to ${MOST_PAIRS}` };
    const graceSeconds = wholeNumber(values.grace, 0, MOST_GRACE);
    if (graceSeconds === null)
      return { problem: `--grace ${values.grace} is no whole number of seconds from 0 to ${MOST_GRACE}` };
    const { fault, json } = values;
    if (!isFault(fault))
      return { problem: `--fault ${fault} is not measured; there are ${Object.keys(FAULTS).join(', ')}` };
    return { pairs, fault, graceSeconds, json };
  } catch (error) {
    return { problem: `${(error as Error).message.split('. ')[0]}. Usage: ${USAGE}` };
  }
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : null;
}

function isFault(name: string): name is BenchFault {
  return Object.hasOwn(FAULTS, name);
}

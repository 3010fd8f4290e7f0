/** It ends soon after each start, and whoever starts it again cures nothing. */
import type { Hypothesis } from '../rules/hypothesis.ts';
import { claimed } from './claim.ts';
import type { Scene } from './scene.ts';

export function looping({ body, logs, target, bad, down, suspects }: Scene): Hypothesis[] {
  const restarts = bad('restarts');
  const told = logs.says('crash');
  if (body?.state !== 'looping' && !(restarts.length > 0 && told.count > 0)) return [];
  const suspect = suspects.find(({ innocent }) => innocent === null);
  const config = logs.says('config', 'schema', 'credentials');
  return [
    claimed({
      category: config.share >= 0.3 ? 'config_error' : 'crash_loop',
      action: 'NOOP',
      cause: `${target} does not stay up: ${body ? `"${body.told}", ${body.restarts} restarts${body.exitCode === null ? '' : `, exit code ${body.exitCode}`}` : 'it is restarted again and again'}`,
      cure: 'It is started again all the time, which does not cure it; nothing on record can be put back: a person has to find why it ends.',
      base: 0.64,
      pro: [
        [body?.state === 'looping', 0.12, 'it is in a loop', [body?.evidence]],
        [told.count > 0, 0.06, 'the logs tell of it', logs.evidence],
        [config.share >= 0.3, 0.06, 'the logs name its configuration', logs.evidence],
      ],
      con: [
        [logs.says('node').share >= 0.3, 0.3, 'the machine below it is not well', logs.evidence],
        [down.length > 0, 0.1, 'it may lack a dependency', down],
        [
          (suspect?.weight ?? 0) >= 0.6,
          0.18,
          `it may have come with a change of ${suspect?.change.target}`,
          suspect?.evidence,
        ],
      ],
      cites: [body?.evidence, ...restarts.map(({ evidence }) => evidence)],
    }),
  ];
}

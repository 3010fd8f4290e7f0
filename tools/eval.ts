/**
 * `npm run --silent eval [-- --json] [--model rules|...] [--repeat N] [--keep] [WORD...]`: puts the scenarios of test/scenarios whose
 * name contains one of the words before the diagnosers, and tells how good the answers are, beside two constant baselines.
 * `--keep` writes the counts to test/scenarios/counts.json, below which CI lets them not fall. Nothing is acted on. Exit status 0 when all were answered, 2 for wrong options or a scenario that cannot be read.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { providersOf } from './diagnose/providers.ts';
import { COUNTS, keptOf } from './eval/counts.ts';
import { evaluate } from './eval/evaluate.ts';
import { reportOf } from './eval/report.ts';
import { readScenarios } from './eval/scenarios.ts';
import { calibrationOf, countsOf } from './eval/score.ts';
import { ROOT } from './stack/context.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);

try {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      model: { type: 'string', default: 'rules' },
      repeat: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1)
    throw new Error(`--repeat must be a whole number from 1, not ${values.repeat}`);
  const all = await readScenarios(join(ROOT, 'test/scenarios'));
  const chosen = all.filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
  );
  if (chosen.length === 0) throw new Error(`no scenario has ${positionals.join(' or ')} in its name`);
  const providers = providersOf(values.model as Parameters<typeof providersOf>[0]);
  const evaluation = await evaluate(chosen, { providers, repeat });
  if (values.keep) await writeFile(COUNTS, `${JSON.stringify(keptOf(evaluation), null, 2)}\n`);
  if (values.json) {
    const { judged, robustness } = evaluation;
    say(
      JSON.stringify({
        ...countsOf(judged),
        ...robustness,
        calibrationError: calibrationOf(judged).error,
        judged,
      }),
    );
  } else for (const line of reportOf(evaluation)) say(line);
} catch (error) {
  process.stderr.write(`eval: ${(error as Error).message}\n`);
  process.exitCode = 2;
}

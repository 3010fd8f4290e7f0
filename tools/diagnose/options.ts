/** What `npm run diagnose` was asked for. */
import { parseArgs } from 'node:util';
import { MODELS, type Model } from './providers.ts';

export interface DiagnoseOptions {
  /** In the order of the answers; `-` is the standard input. */
  files: string[];
  model: Model;
  help: boolean;
}

export const USAGE = `npm run --silent diagnose -- FILE... [--model ${MODELS.join('|')}]`;

/** The options, or one line that names what is wrong with them. */
export function parseOptions(args: string[]): DiagnoseOptions | { problem: string } {
  try {
    const { values, positionals: files } = parseArgs({
      args,
      allowPositionals: true,
      options: { model: { type: 'string', default: 'rules' }, help: { type: 'boolean', default: false } },
    });
    const model = MODELS.find((one) => one === values.model);
    if (!model)
      return { problem: `--model ${values.model} is not one of ${MODELS.join(', ')}. Usage: ${USAGE}` };
    if (files.length === 0 && !values.help)
      return { problem: `at least one FILE is needed, or - for the standard input. Usage: ${USAGE}` };
    return { files, model, help: values.help };
  } catch (error) {
    return { problem: `${(error as Error).message.split('. ')[0]}. Usage: ${USAGE}` };
  }
}

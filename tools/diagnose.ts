/**
 * `npm run --silent diagnose -- FILE... [--model rules|gemini|openai|ollama]`: evidence bundles -> diagnoses, one line of
 * JSON a file, in order. Nothing is acted on. `-` is the standard input. Exit status 0 when every file was answered, 2 when one could not be read
 * (the others are answered all the same) or for wrong options.
 */
import { answerTo } from './diagnose/answer.ts';
import { parseOptions, USAGE } from './diagnose/options.ts';
import { providersOf } from './diagnose/providers.ts';
import { readText } from './diagnose/read.ts';

const complain = (words: string) => process.stderr.write(`diagnose: ${words.replaceAll(/\s+/g, ' ')}\n`);

const options = parseOptions(process.argv.slice(2));
if ('problem' in options) {
  complain(options.problem);
  process.exitCode = 2;
} else if (options.help) process.stdout.write(`${USAGE}\n`);
else {
  const providers = providersOf(options.model);
  for (const file of options.files) {
    const answer = await answerTo(() => readText(file), providers);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    if (!('error' in answer)) continue;
    complain(`${file}: ${answer.error}`);
    process.exitCode = 2;
  }
}

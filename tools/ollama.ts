/**
 * `npm run --silent test:ollama [-- --if-available] [WORD...]`: a real, small, local model is asked about a few scenarios by our
 * own client and prompt. It is often wrong, and that is the point: what it says either passes every check, or falls through with
 * its reason, and the answer that is left is a valid one. Exit status 0 if so, 1 if not, 2 where no Ollama or no model can be had
 * (0 with --if-available).
 */
import { join } from 'node:path';
import { readConfig } from '../responder/config.ts';
import type { Provider } from '../responder/diagnose/diagnose.ts';
import { caseOf } from '../responder/diagnose/from-bundle.ts';
import { makeProviders } from '../responder/providers.ts';
import { answerTo } from './diagnose/answer.ts';
import { providersOf } from './diagnose/providers.ts';
import { readScenarios, type Scenario } from './eval/scenarios.ts';
import { smallModel } from './ollama/model.ts';
import { ollamaProgram } from './ollama/program.ts';
import { type PrivateOllama, startOllama } from './ollama/server.ts';
import { isSound } from './ollama/sound.ts';
import { ROOT } from './stack/context.ts';
import { cacheDir } from './toolchain/files.ts';

const USUAL = ['27-', '31-', '33-'];
/** Longer than any incident waits (AEGIS_MODEL_SECONDS is 40 at most): here it is to say something, on any machine. */
const MODEL_SECONDS = 150;
const PATIENCE_MS = (MODEL_SECONDS + 10) * 1000;
const NOT_USED = { DATABASE_URL: 'postgres://none:none@none/none', AEGIS_INVENTORY_FILE: 'none' };
const say = (line: string) => void process.stderr.write(`${line}\n`);
const args = process.argv.slice(2);
const words = args.filter((arg) => !arg.startsWith('--'));

let ollama: PrivateOllama | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(
    signal,
    () => void ollama?.stop().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)),
  );
try {
  ollama = await startOllama(await ollamaProgram(cacheDir(), say), await smallModel(cacheDir(), say));
} catch (error) {
  say(`test:ollama: left out: ${(error as Error).message}`);
  process.exit(args.includes('--if-available') ? 0 : 2);
}
try {
  process.exitCode = await askAll(ollama);
} finally {
  await ollama.stop();
}

/** @returns the exit status */
async function askAll({ host, model }: PrivateOllama): Promise<number> {
  const config = readConfig({
    OLLAMA_HOST: host,
    OLLAMA_MODEL: model,
    AEGIS_MODEL_MAX_TOKENS: '300',
    ...NOT_USED,
  });
  const patient = { ...config, AEGIS_MODEL_SECONDS: MODEL_SECONDS };
  const made = await makeProviders(patient, { database: null, reading: null, only: 'ollama' });
  const providers = [...made.providers, ...providersOf('rules')];
  const all = await readScenarios(join(ROOT, 'test/scenarios'));
  const chosen = all.filter(({ name }) =>
    (words.length > 0 ? words : USUAL).some((word) => name.startsWith(word)),
  );
  let status = chosen.length > 0 ? 0 : 2;
  for (const scenario of chosen) if (!(await askOne(scenario, providers))) status = 1;
  return status;
}

async function askOne({ name, bundle, expected }: Scenario, providers: Provider[]): Promise<boolean> {
  const began = performance.now();
  const answer = await answerTo(async () => JSON.stringify(bundle), providers, PATIENCE_MS);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const sound = isSound(answer, caseOf(bundle));
  const told =
    'error' in answer
      ? answer.error
      : `${answer.provider} says ${answer.action} ${answer.category} of ${answer.target}`;
  const fell = 'error' in answer ? [] : answer.fallthrough.map(({ reason }) => reason);
  process.stdout.write(
    `${name} (${seconds} s): ${told}; right is ${expected.action}${sound === null ? '' : `; NOT SOUND: ${sound}`}\n`,
  );
  for (const reason of fell)
    process.stdout.write(`  the model fell through: ${reason.replaceAll(/\s+/g, ' ').slice(0, 200)}\n`);
  return sound === null;
}

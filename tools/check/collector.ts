/** The Collector's configuration, by the Collector itself. */
import { commandProblems } from './check.ts';

/** The committed file exists only in Compose; what is in it does not matter here. */
const TOKEN = { AEGIS_WEBHOOK_TOKEN_FILE: '/dev/null' };
const VARIANTS = [
  { files: ['config.yaml'], env: {} },
  { files: ['config.yaml', 'traces.yaml'], env: { OTEL_TRACES_ENDPOINT: 'http://traces.example:4318' } },
];

/** @param root the folder that holds otel-collector/ */
export async function collectorProblems(otelcol: string, root: string): Promise<string[]> {
  const found = await Promise.all(
    VARIANTS.map(async ({ files, env }) => {
      const args = ['validate', ...files.map((file) => `--config=otel-collector/${file}`)];
      const problems = await commandProblems(otelcol, args, { cwd: root, env: { ...env, ...TOKEN } });
      return problems.map((problem) => `${files.join(' + ')}:\n${problem}`);
    }),
  );
  return found.flat();
}

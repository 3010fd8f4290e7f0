/** Prometheus, with a localised copy of the committed configuration and rules. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressesOf, ROOT, type StackContext, urlOf } from './context.ts';
import { DEMO_TIMINGS, localise } from './localise.ts';
import { answers, type PartPlan } from './part.ts';

export function prometheusPlan(context: StackContext): PartPlan {
  const home = join(context.dir, 'prometheus');
  return {
    name: 'prometheus',
    address: urlOf(context, 'prometheus'),
    ports: ['prometheus'],
    command: [
      context.programs.prometheus,
      `--config.file=${home}/prometheus.yml`,
      `--storage.tsdb.path=${home}/data`,
      '--storage.tsdb.retention.time=1d',
      // A first alert sent before Alertmanager was discovered is lost; by default it would be sent again after a minute.
      '--rules.alert.resend-delay=5s',
      `--web.listen-address=127.0.0.1:${context.ports.of('prometheus')}`,
      `--web.external-url=${urlOf(context, 'prometheus')}/`,
    ],
    cwd: context.dir,
    env: {},
    async prepare() {
      const source = join(ROOT, 'prometheus');
      const rules = (await readdir(join(source, 'rules'))).map((file) => `rules/${file}`);
      await mkdir(join(home, 'rules'), { recursive: true });
      for (const file of ['prometheus.yml', ...rules]) {
        const text = await readFile(join(source, file), 'utf8');
        await writeFile(join(home, file), localise(text, { ...addressesOf(context), ...DEMO_TIMINGS }));
      }
    },
    ready: () => answers(`${urlOf(context, 'prometheus')}/-/ready`),
  };
}

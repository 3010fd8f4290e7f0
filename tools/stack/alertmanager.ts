/** Alertmanager, alone (no cluster), with a localised copy of the committed configuration. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressesOf, ROOT, type StackContext, urlOf } from './context.ts';
import { DEMO_TIMINGS, localise } from './localise.ts';
import { answers, type PartPlan } from './part.ts';

export function alertmanagerPlan(context: StackContext): PartPlan {
  const home = join(context.dir, 'alertmanager');
  return {
    name: 'alertmanager',
    address: urlOf(context, 'alertmanager'),
    ports: ['alertmanager'],
    command: [
      context.programs.alertmanager,
      `--config.file=${home}/alertmanager.yml`,
      `--storage.path=${home}/data`,
      `--web.listen-address=127.0.0.1:${context.ports.of('alertmanager')}`,
      `--web.external-url=${urlOf(context, 'alertmanager')}/`,
      '--cluster.listen-address=',
    ],
    cwd: context.dir,
    env: {},
    async prepare() {
      await mkdir(home, { recursive: true });
      const text = await readFile(join(ROOT, 'alertmanager/alertmanager.yml'), 'utf8');
      await writeFile(
        join(home, 'alertmanager.yml'),
        localise(text, { ...addressesOf(context), ...DEMO_TIMINGS }),
      );
    },
    ready: () => answers(`${urlOf(context, 'alertmanager')}/-/ready`),
  };
}

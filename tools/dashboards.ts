/** `npm run dashboards`: makes grafana/dashboards/*.json from grafana/*.ts. Grafana reads them anew within half a minute. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DASHBOARDS, textOf } from '../grafana/dashboards.ts';
import { ROOT } from './stack/context.ts';

const folder = join(ROOT, 'grafana/dashboards');
await mkdir(folder, { recursive: true });
for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
  await writeFile(join(folder, `${name}.json`), textOf(dashboard));
  process.stdout.write(`grafana/dashboards/${name}.json: ${dashboard.panels?.length} panels and rows\n`);
}

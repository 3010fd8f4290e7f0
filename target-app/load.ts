/** The load generator: `node target-app/load.ts`. One JSON line on stdout every 5 s; SIGTERM stops it at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseLoadConfig, readConfig } from './config.ts';
import { makeInventory } from './inventory.ts';
import { type Load, startLoad } from './load-generator.ts';

const REPORT_MS = 5_000;
/** Often enough that a new instance has its share within 500 ms. */
const REREAD_MS = 200;

const config = readConfig(parseLoadConfig);
const say = (fields: object) => process.stdout.write(`${JSON.stringify({ time: Date.now(), ...fields })}\n`);
const readUrls = makeInventory({
  file: config.inventoryFile,
  service: config.service,
  onProblem: (words) => say({ event: 'load.inventory', msg: words }),
});
let load: Load | undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    load?.stop();
    say({ event: 'load.stopped', ...load?.take() });
    process.exit(0);
  });

let urls = await readUrls();
if (urls.length === 0)
  say({ event: 'load.waiting', msg: `no instance of ${config.service} in ${config.inventoryFile} yet` });
while (urls.length === 0) {
  await sleep(REREAD_MS);
  urls = await readUrls();
}

const running = startLoad({ rps: config.rps, maxInFlight: config.maxInFlight, urls: () => urls });
load = running;
say({ event: 'load.started', service: config.service, rps: config.rps, instances: urls });
setInterval(async () => {
  urls = await readUrls();
}, REREAD_MS);
setInterval(() => say({ event: 'load', ...running.take(), instances: urls.length }), REPORT_MS);

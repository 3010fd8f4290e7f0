/** The load generator: `node target-app/load.ts`. One JSON line on stdout every 5 s; SIGTERM stops it at once. */
import { parseLoadConfig, readConfig } from './config.ts';
import { makeInventory } from './inventory.ts';
import { startLoad } from './load-generator.ts';

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

let urls = await readUrls();
const load = startLoad({ rps: config.rps, maxInFlight: config.maxInFlight, urls: () => urls });
say({ event: 'load.started', service: config.service, rps: config.rps, instances: urls });

setInterval(async () => {
  urls = await readUrls();
}, REREAD_MS);
setInterval(() => say({ event: 'load', ...load.take(), instances: urls.length }), REPORT_MS);

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    load.stop();
    say({ event: 'load.stopped', ...load.take() });
    process.exit(0);
  });

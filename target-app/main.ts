/** Starts the shop: `node --import ./target-app/telemetry.ts target-app/main.ts`. SIGTERM drains and ends it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { metrics } from '@opentelemetry/api';
import { makeCapacity } from './capacity.ts';
import { readAppConfig } from './config.ts';
import { ensureSchemaEventually, makePool } from './database.ts';
import { makeDrain } from './drain.ts';
import { askDatabase, makeHealth } from './health.ts';
import { makeLog, wordsOf } from './log.ts';
import { makeMemory } from './memory.ts';
import { RELEASES } from './releases/releases.ts';
import { makeShop } from './shop.ts';
import { onExportChange, shutdownTelemetry, startScrapeServer } from './telemetry.ts';
import { registerUsageMetrics } from './usage-metrics.ts';

const startedAt = new Date(performance.timeOrigin);
const config = await readAppConfig();
const log = makeLog(config);
const memory = makeMemory({ limitBytes: config.memoryLimitBytes });
const pool = makePool({ ...config, log });
const capacity = makeCapacity({ log, slots: config.requestSlots, waitMs: config.requestWaitMs });
const stopping = new AbortController();
const schema = { ready: false };

const checkHealth = makeHealth({
  ...config,
  startedAt,
  dependencies: { database: () => askDatabase(pool, schema) },
});
const release = RELEASES[config.version];
const endpoint = config.otlpEndpoint;
const measure = endpoint === undefined ? null : { ...config, endpoint };
const shop = makeShop({ ...config, pool, log, memory, capacity, release, checkHealth, measure });
const server = createServer(shop.callback());

process.on('uncaughtException', (error) => {
  log.error({ event: 'app.crashed', err: error }, `crashed: ${wordsOf(error)}`);
  process.exit(1);
});
const drain = makeDrain({ server, pool, log, shutdownTelemetry, exit: (status) => process.exit(status) });
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    stopping.abort();
    void drain(signal);
  });
onExportChange((error) =>
  error === null
    ? log.info({ event: 'telemetry.export_restored' }, 'telemetry export works again')
    : log.warn(
        { event: 'telemetry.export_failing' },
        `telemetry export fails (${error}); the shop goes on without it`,
      ),
);
registerUsageMetrics({ meter: metrics.getMeter('target-app'), memory, pool, capacity });

await listening('PORT', config.port, listen(server));
await listening('METRICS_PORT', config.metricsPort, startScrapeServer());
const { limitBytes } = memory.read();
log.info(
  {
    event: 'app.started',
    pid: process.pid,
    address: `http://${config.host}:${config.port}`,
    faults: config.faultsOn ? 'on' : 'off',
    memory_limit_bytes: limitBytes,
    memory_limit_from: memory.source,
  },
  `${config.service} ${config.version} serves on http://${config.host}:${config.port}`,
);
schema.ready = await ensureSchemaEventually({ pool, log, signal: stopping.signal });

async function listen(on: Server): Promise<void> {
  on.listen(config.port, config.host);
  await once(on, 'listening');
}

/** Waits for a server; a port that cannot be had ends the process with one line that names its setting. */
async function listening(setting: string, port: number, started: Promise<void>): Promise<void> {
  try {
    await started;
  } catch (error) {
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const cause = inUse ? 'is in use by another process' : `cannot be opened: ${wordsOf(error)}`;
    process.stderr.write(`port ${port} (${setting}) ${cause}; free it or set ${setting} to another\n`);
    process.exit(1);
  }
}

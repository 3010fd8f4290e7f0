/** The way out: no new requests, a moment for those under way, the last telemetry, then exit. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from './database.ts';
import type { Log } from './log.ts';

/** Requests under way get this long, in ms. Whoever stops us sends SIGKILL after a second. */
const REQUESTS_MS = 150;
/** Telemetry and connections get this long, in ms; a missing Collector must not hold up a restart. */
const TELEMETRY_MS = 400;

export interface DrainOptions {
  server: Pick<Server, 'close' | 'closeIdleConnections' | 'closeAllConnections'>;
  pool: Pick<Pool, 'end'>;
  log: Log;
  shutdownTelemetry: () => Promise<void>;
  exit: (status: number) => void;
  requestsMs?: number;
  telemetryMs?: number;
}

/** Drains once and exits with 0, in 550 ms at most; a second signal while it drains exits at once. */
export function makeDrain({
  server,
  pool,
  log,
  shutdownTelemetry,
  exit,
  requestsMs = REQUESTS_MS,
  telemetryMs = TELEMETRY_MS,
}: DrainOptions): (signal: string) => Promise<void> {
  let draining = false;
  return async (signal) => {
    if (draining) return exit(1);
    draining = true;
    log.info({ event: 'app.stopping', signal }, `${signal}: no new requests`);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await Promise.race([closed, sleep(requestsMs)]);
    server.closeAllConnections();
    log.info({ event: 'app.stopped' }, 'stopped');
    // What fails here is told by the export watch or concerns connections that end with the process anyway.
    await Promise.race([Promise.allSettled([shutdownTelemetry(), pool.end()]), sleep(telemetryMs)]);
    exit(0);
  };
}

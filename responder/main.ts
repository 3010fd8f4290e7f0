/**
 * Starts the responder: `node --import ./responder/telemetry.ts responder/main.ts`. SIGTERM takes nothing new, ends the
 * stages under way and exits; whatever does not end in time is taken over by the next one that starts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { stopTelemetry } from './telemetry.ts';

const DRAIN_MS = 10_000;

try {
  const config = readConfig(process.env);
  const app = await startApp(config).catch((error) => {
    throw new Error(wordsOfStart(error, config));
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      void end(app.stop);
    });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  await stopTelemetry();
  process.exit(1);
}

async function end(stop: () => Promise<void>): Promise<void> {
  await Promise.race([stop(), sleep(DRAIN_MS)]);
  await stopTelemetry();
  process.exit(0);
}

/** One line with the cause and the cure. */
function wordsOfStart(error: NodeJS.ErrnoException, { AEGIS_HOST, AEGIS_PORT }: Config): string {
  if (error.syscall !== 'listen') return error.message;
  const cause =
    error.code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be opened (${error.message})`;
  return `port ${AEGIS_PORT} (AEGIS_PORT) on ${AEGIS_HOST} ${cause}; free it or set AEGIS_PORT to another`;
}

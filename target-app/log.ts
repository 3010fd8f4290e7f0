/** JSON lines on stdout; the pino instrumentation adds trace ids and sends the same records by OTLP. */
import { pino } from 'pino';
import type { Config } from './config.ts';

/** The part of a logger that the shop uses. Levels as in pino; `time` is in epoch ms. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export function makeLog(config: Pick<Config, 'service' | 'version' | 'instance'>): Log {
  const options = {
    base: { service: config.service, version: config.version, instance: config.instance },
    formatters: { level: (level: string) => ({ level }) },
  };
  // Written before the call returns: the last line before a hang or a SIGKILL is the one that matters.
  return pino(options, pino.destination({ dest: 1, sync: true }));
}

/** The words of anything that was thrown; pg and http hide the reason of a refused connection in `code`. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** Puts together what the responder tells of its own work, beside what it tells of incidents. */
import type { Registry } from 'prom-client';
import { countLogLines, registerEngine } from './announce/metrics-engine.ts';
import { timeRequests } from './announce/metrics-http.ts';
import type { ReadInventory } from './clients/runtimes/inventory.ts';
import type { Config } from './config.ts';
import type { Database } from './incident/database.ts';
import { makeEngine } from './incident/engine.ts';
import type { LogWindow } from './incident/log-window.ts';
import { makeSavings } from './incident/savings.ts';

interface Options {
  registry: Registry;
  database: Database;
  inventory: ReadInventory;
  config: Pick<Config, 'AEGIS_COST_PER_MINUTE' | 'AEGIS_PERSON_MINUTES'>;
  onError: (words: string) => void;
}

/** @returns what stands in the way of requests and log lines, to count them */
export function registerOwnMetrics({ registry, database, inventory, config, onError }: Options) {
  registerEngine({
    registry,
    engine: makeEngine(database),
    savings: makeSavings(database),
    prices: async () => {
      const all = await inventory();
      const priced = all.flatMap(({ name, usdPerMinute: usd }) => (usd === undefined ? [] : [[name, usd]]));
      return {
        targets: all.map(({ name }) => name),
        usdPerMinute: Object.fromEntries(priced) as Record<string, number>,
        otherUsdPerMinute: config.AEGIS_COST_PER_MINUTE,
        personMinutes: config.AEGIS_PERSON_MINUTES,
      };
    },
    onError,
  });
  return {
    timed: (listener: Parameters<typeof timeRequests>[1]) => timeRequests(registry, listener),
    counted: (offer: LogWindow['offer']) => countLogLines(registry, offer),
  };
}

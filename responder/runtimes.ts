/** Chooses the runtime that the settings name, and the inventory that belongs to it. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDockerRuntime } from './clients/runtimes/docker.ts';
import { makeCpuMeter } from './clients/runtimes/docker-cpu.ts';
import { makeEngine } from './clients/runtimes/docker-engine.ts';
import type { Exit } from './clients/runtimes/docker-exits.ts';
import { containerIdIn } from './clients/runtimes/docker-labels.ts';
import { makeWatch } from './clients/runtimes/docker-watch.ts';
import { makeInventory, type ReadInventory } from './clients/runtimes/inventory.ts';
import { makeProcessRuntime } from './clients/runtimes/process.ts';
import type { Runtime } from './clients/runtimes/runtime.ts';
import type { Config } from './config.ts';

export interface Ground {
  runtime: Runtime;
  inventory: ReadInventory;
  /** Whether the runtime tells of what ends by itself. */
  tellsExits: boolean;
}

interface Listeners {
  onError: (words: string) => void;
  onInfo: (words: string) => void;
  onExit: (exit: Exit) => void;
  /** Ends whatever follows the runtime. */
  ended: AbortSignal;
}

/** Throws AEGIS_INVENTORY where there is nothing to read. */
export async function startRuntime(config: Config, listeners: Listeners): Promise<Ground> {
  const options = {
    graceMs: config.AEGIS_RESTART_GRACE_SECONDS * 1000,
    drainMs: config.AEGIS_DRAIN_SECONDS * 1000,
  };
  const path = config.AEGIS_INVENTORY_FILE;
  const reading = { path, autonomy: config.AEGIS_AUTONOMY, onError: listeners.onError };
  if (config.AEGIS_RUNTIME === 'docker') return startDocker(config, reading, options, listeners);
  const inventory = makeInventory(reading);
  await inventory();
  const runtime = makeProcessRuntime({ dir: dirname(path), inventoryFile: path, ...options });
  return { runtime, inventory, tellsExits: false };
}

async function startDocker(
  config: Config,
  reading: Parameters<typeof makeInventory>[0],
  options: { graceMs: number; drainMs: number },
  { onError, onInfo, onExit, ended }: Listeners,
): Promise<Ground> {
  const engine = makeEngine(config.DOCKER_HOST);
  const filter = config.AEGIS_DOCKER_FILTER ?? null;
  const protection = { hosts: hostsOf(config), ownId: ownContainer(), filter };
  const meter = makeCpuMeter(engine);
  const watch = makeWatch({
    ...{ engine, protection, file: reading.path, onExit, onError, onInfo },
    onRunning: meter.follow,
  });
  await watch.start(ended);
  meter.start(ended);
  const inventory = makeInventory({ ...reading, limit: watch.limit });
  const healthOf = async (instance: string) => {
    const all = (await inventory()).flatMap(({ instances }) => instances);
    return all.find(({ id }) => id === instance)?.health ?? null;
  };
  const runtime = makeDockerRuntime({ engine, protection, meter, ...options, healthOf });
  return { runtime, inventory, tellsExits: true };
}

/** Whatever our own settings name is not for us to touch. */
function hostsOf(config: Config): string[] {
  const { DATABASE_URL, PROMETHEUS_URL, ALERTMANAGER_URL, GRAFANA_URL, DOCKER_HOST } = config;
  const { GEMINI_BASE_URL, OPENAI_BASE_URL, OLLAMA_HOST } = config;
  return [
    ...[DATABASE_URL, PROMETHEUS_URL, ALERTMANAGER_URL, GRAFANA_URL, DOCKER_HOST],
    ...[GEMINI_BASE_URL, OPENAI_BASE_URL, OLLAMA_HOST],
  ].flatMap((address) =>
    address && URL.canParse(address) ? [new URL(address).hostname].filter(Boolean) : [],
  );
}

function ownContainer(): string | null {
  try {
    return containerIdIn(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return null; // no Linux, so no container of ours
  }
}

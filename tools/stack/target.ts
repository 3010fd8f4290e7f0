/** Target services: one instance each, written into the inventory and started through the process runtime. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { databaseUrlOf, ROOT, type StackContext, urlOf } from './context.ts';
import { answers, type PartPlan } from './part.ts';

export interface TargetOptions {
  /** Name of the service; its instance is `<name>-1`. */
  name: string;
  /** Labels that differ from the demo's (RESTART allowed, autonomy auto). */
  labels?: Record<string, string>;
}

export const DEFAULT_TARGET_PORTS = { http: 8000, metrics: 9464 };
/** An instrumented shop rests at about 160 MB; 85 % of this is 272 MiB. */
const MEMORY_LIMIT_BYTES = 320 * 2 ** 20;

export const instanceOf = (target: string) => `${target}-1`;

/** Role and database of a target: `shop` for the first one. */
export const databaseOf = (target: string) =>
  target === 'target-app' ? 'shop' : `shop_${target.replaceAll('-', '_')}`;

export interface TargetSettings {
  faultsOn: boolean;
  env: Record<string, string>;
}

export function targetPlan(
  context: StackContext,
  { name }: TargetOptions,
  { faultsOn, env }: TargetSettings,
): PartPlan {
  const instance = instanceOf(name);
  return {
    name: instance,
    address: urlOf(context, instance),
    ports: [instance, `${instance}.metrics`],
    command: [process.execPath, '--import', './target-app/telemetry.ts', 'target-app/main.ts'],
    cwd: ROOT,
    env: {
      NODE_NO_WARNINGS: '1',
      HOST: '127.0.0.1',
      PORT: String(context.ports.of(instance)),
      METRICS_PORT: String(context.ports.of(`${instance}.metrics`)),
      DATABASE_URL: databaseUrlOf(context, databaseOf(name)),
      AEGIS_FAULTS: faultsOn ? 'on' : 'off',
      OTEL_SERVICE_NAME: name,
      SERVICE_INSTANCE_ID: instance,
      MEMORY_LIMIT_BYTES: String(MEMORY_LIMIT_BYTES),
      OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(context, 'otlpHttp'),
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      ...env,
    },
    ready: () => answers(`${urlOf(context, instance)}/health`),
  };
}

/** Requests that keep coming, so that a diagnosis can tell a leak from load. */
export function loadPlan(context: StackContext, { name }: TargetOptions): PartPlan {
  return {
    name: `load-${name}`,
    address: '',
    ports: [],
    command: [process.execPath, 'target-app/load.ts'],
    cwd: ROOT,
    env: { NODE_NO_WARNINGS: '1', AEGIS_INVENTORY_FILE: context.inventoryFile, LOAD_SERVICE: name },
    ready: async () => null,
  };
}

/** Writes the inventory file, whole or not at all: Prometheus, the responder and the load generator read it. */
export async function writeInventory(context: StackContext, targets: TargetOptions[]): Promise<void> {
  const groups = targets.map(({ name, labels }) => {
    const url = urlOf(context, instanceOf(name));
    return {
      targets: [`127.0.0.1:${context.ports.of(`${instanceOf(name)}.metrics`)}`],
      labels: {
        service: name,
        instance: instanceOf(name),
        'aegis.enable': 'true',
        'aegis.actions': 'RESTART',
        'aegis.autonomy': 'auto',
        'aegis.service': name,
        'aegis.url': url,
        'aegis.health': `${url}/health`,
        'aegis.max-replicas': '3',
        ...labels,
      },
    };
  });
  await mkdir(dirname(context.inventoryFile), { recursive: true });
  const draft = join(context.dir, 'inventory.draft');
  await writeFile(draft, JSON.stringify(groups, null, 2));
  await rename(draft, context.inventoryFile);
}

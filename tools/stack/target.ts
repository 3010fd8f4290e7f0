/** Target services: one instance each, written into the inventory and started through the process runtime. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readGroups } from '../../responder/clients/runtimes/process-inventory.ts';
import { groupOf } from '../../responder/clients/runtimes/process-place.ts';
import { databaseUrlOf, ROOT, type StackContext, urlOf } from './context.ts';
import { answers, type PartPlan } from './part.ts';

export interface TargetOptions {
  /** Name of the service; its instance is `<name>-1`. */
  name: string;
  /** Labels that differ from the demo's (RESTART, SCALE_UP and ROLLBACK allowed, autonomy auto). */
  labels?: Record<string, string>;
}

/** Release that a stack starts with. */
export const FIRST_VERSION = '1.0.0';
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
    unit: {
      version: FIRST_VERSION,
      ports: { http: context.ports.of(instance), metrics: context.ports.of(`${instance}.metrics`) },
    },
    env: {
      NODE_NO_WARNINGS: '1',
      // A heap that fits its limit: by default V8 lets garbage grow under load until it looks like a leak.
      NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=96',
      HOST: '127.0.0.1',
      PORT: '{ports.http}',
      METRICS_PORT: '{ports.metrics}',
      DATABASE_URL: databaseUrlOf(context, databaseOf(name)),
      AEGIS_FAULTS: faultsOn ? 'on' : 'off',
      OTEL_SERVICE_NAME: name,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=demo',
      SERVICE_INSTANCE_ID: '{instance}',
      SERVICE_VERSION: FIRST_VERSION,
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

/** A second load generator beside the first: more customers. */
export function surgePlan(context: StackContext, target: string, rps: number): PartPlan {
  const plan = loadPlan(context, { name: target });
  // Customers do not wait for each other: at one second an answer, so many are under way.
  const more = { LOAD_RPS: String(rps), LOAD_MAX_IN_FLIGHT: String(Math.max(50, rps)) };
  return { ...plan, name: `surge-${target}`, env: { ...plan.env, ...more } };
}

/** Null when an instance answers at the health address that the inventory has for it, else what is missing. */
export async function isHealthy(context: StackContext, instance: string): Promise<string | null> {
  const health = groupOf(await readGroups(context.inventoryFile), instance)?.labels['aegis.health'];
  return health === undefined ? `${instance} has no aegis.health in the inventory` : answers(health);
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
        'aegis.actions': 'RESTART,SCALE_UP,ROLLBACK',
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

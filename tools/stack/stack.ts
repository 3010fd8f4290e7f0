/** Starts the whole system on this machine without Docker: real parts, private folder, swept up however it ends. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alertmanagerPlan } from './alertmanager.ts';
import { collectorPlan } from './collector.ts';
import {
  databaseUrlOf,
  EVIDENCE_ROLE,
  evidenceUrlOf,
  type StackContext,
  urlOf,
  webhookTokenFile,
} from './context.ts';
import { startSweeper, workingDir } from './folder.ts';
import { makeParts, type PartPlan, type Parts } from './part.ts';
import { DEFAULT_PORTS, makePorts } from './ports.ts';
import { postgresPlan } from './postgres.ts';
import { prometheusPlan } from './prometheus.ts';
import { responderPlan } from './responder.ts';
import { noteRunning } from './running.ts';
import { UNIT_DIRS } from './sweep.ts';
import {
  DEFAULT_TARGET_PORTS,
  databaseOf,
  instanceOf,
  isHealthy,
  loadPlan,
  surgePlan,
  type TargetOptions,
  targetPlan,
  writeInventory,
} from './target.ts';

export interface StackOptions {
  programs: StackContext['programs'];
  /** Gets one line for each part that works. */
  say?: (line: string) => void;
  /** Target services, each with one instance and its own load; names or names with labels. */
  targets?: (string | TargetOptions)[];
  /** Whether the targets accept triggers of faults. */
  faultsOn?: boolean;
  /** False leaves the responder out: a test starts its own at `addresses.responder`. */
  responder?: boolean;
  /** What runs as the responder, from the project's folder; a test may put its own around the real one. */
  responderScript?: string;
  /** False leaves the load generators out. */
  load?: boolean;
  /** Aborted while parts are still being started: everything is swept, and `startStack` rejects. */
  signal?: AbortSignal;
  /** Settings that differ from the demo's. */
  env?: { responder?: Record<string, string>; target?: Record<string, string> };
}

export interface Stack {
  /** Working folder; `<part>.log` lies in it. */
  dir: string;
  /** Base URLs by part name (`responder`, `prometheus`, `alertmanager`, `otel-collector`, `<target>-1`). */
  addresses: Record<string, string>;
  /** Connection URLs by role: `aegis`, `shop`, and `evidence`, which sees all activity and no data. */
  databases: Record<string, string>;
  tokens: StackContext['tokens'];
  inventory: { dir: string; file: string };
  /** Names of the parts that were started, target instances among them. Those that the responder adds later can be named below too. */
  parts: string[];
  pid(part: string): Promise<number | null>;
  /** SIGKILL by pid; returns when it is gone. */
  killPart(part: string): Promise<void>;
  /** Starts a killed part again on its old address; returns when it works. */
  startPart(part: string): Promise<void>;
  /** Sends so many more requests a second to a target, as the part `surge-<target>`. @returns how to stop it */
  startLoad(target: string, rps: number): Promise<() => Promise<void>>;
  /** File that a part's output is appended to. */
  logOf(part: string): string;
  /** Ends every process and removes the folder. */
  stop(): Promise<void>;
}

/** Starts the parts, side by side where they can. Throws, with nothing left running, when one does not start. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const targets = (options.targets ?? ['target-app']).map((t) => (typeof t === 'string' ? { name: t } : t));
  const dir = await workingDir();
  const stop = await startSweeper(dir);
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    options.signal?.throwIfAborted();
    const context = await makeContext(dir, targets, options.programs);
    const [parts, instances] = UNIT_DIRS.map((name) =>
      makeParts({ unitDir: join(dir, name), logDir: dir, release: context.ports.release }),
    ) as [Parts, Parts];
    const owners = new Map<string, Parts>();
    const start = (by: Parts) => async (plan: PartPlan) => {
      const began = performance.now();
      owners.set(plan.name, by);
      await by.start(plan);
      options.say?.(lineOf(plan, context, performance.now() - began));
    };
    await startAll({ context, targets, options, part: start(parts), instance: start(instances) });
    await noteRunning(dir).catch((error) =>
      options.say?.(`npm run deploy will not find this: ${error.message}`),
    );
    const ownerOf = async (name: string) => {
      const owner = owners.get(name) ?? ((await instances.has(name)) ? instances : undefined);
      if (!owner) throw new Error(`no part "${name}"; there are ${[...owners.keys()].join(', ')}`);
      return owner;
    };
    return {
      ...describe(context, targets),
      parts: [...owners.keys()],
      pid: async (part) => (await ownerOf(part)).pid(part),
      killPart: async (part) => (await ownerOf(part)).kill(part),
      startPart: async (part) => (await ownerOf(part)).restart(part, () => isHealthy(context, part)),
      async startLoad(target, rps) {
        const plan = surgePlan(context, target, rps);
        owners.set(plan.name, parts);
        await parts.start(plan);
        return () => parts.kill(plan.name);
      },
      logOf: (part) => join(dir, `${part}.log`),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface StartAll {
  context: StackContext;
  targets: TargetOptions[];
  options: StackOptions;
  part: (plan: PartPlan) => Promise<void>;
  instance: (plan: PartPlan) => Promise<void>;
}

/** The order. Prometheus waits for the targets: one that is only just starting would look like one that is down. */
async function startAll({ context, targets, options, part, instance }: StartAll): Promise<void> {
  const { env = {}, faultsOn = true, load = true, responder = true } = options;
  await writeInventory(context, targets);
  await writeFile(webhookTokenFile(context), context.tokens.webhook, { mode: 0o600 });
  const postgres = async () =>
    part(await postgresPlan(context, ['aegis', ...targets.map((t) => databaseOf(t.name))], [EVIDENCE_ROLE]));
  await allOrFirstError([
    part(collectorPlan(context, { metricExpiration: '3s' })),
    part(alertmanagerPlan(context)),
    postgres().then(() =>
      allOrFirstError([
        ...targets.map((target) =>
          instance(targetPlan(context, target, { faultsOn, env: env.target ?? {} })),
        ),
        ...(responder ? [part(responderPlan(context, options.responderScript, env.responder ?? {}))] : []),
      ]),
    ),
  ]);
  await allOrFirstError([
    part(prometheusPlan(context)),
    ...(load ? targets.map((target) => part(loadPlan(context, target))) : []),
  ]);
}

/** Waits for all to settle, so that nothing is still being started when the caller tidies up. */
async function allOrFirstError(starts: Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(starts)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function makeContext(
  dir: string,
  targets: TargetOptions[],
  programs: StackOptions['programs'],
): Promise<StackContext> {
  const ports = makePorts();
  for (const [name, port] of Object.entries(DEFAULT_PORTS)) await ports.reserve(name, port);
  for (const { name } of targets) {
    await ports.reserve(instanceOf(name), DEFAULT_TARGET_PORTS.http);
    await ports.reserve(`${instanceOf(name)}.metrics`, DEFAULT_TARGET_PORTS.metrics);
  }
  const token = () => randomBytes(24).toString('hex');
  return {
    dir,
    programs,
    ports,
    tokens: { webhook: token(), api: token() },
    databasePassword: token(),
    inventoryFile: join(dir, 'inventory', 'inventory.json'),
  };
}

function describe(context: StackContext, targets: TargetOptions[]) {
  const ported = {
    responder: 'responder',
    prometheus: 'prometheus',
    alertmanager: 'alertmanager',
    'otel-collector': 'otlpHttp',
  };
  const instances = targets.map(({ name }) => [instanceOf(name), urlOf(context, instanceOf(name))]);
  const fixed = Object.entries(ported).map(([name, port]) => [name, urlOf(context, port)]);
  const roles = ['aegis', ...targets.map(({ name }) => databaseOf(name))];
  return {
    dir: context.dir,
    addresses: Object.fromEntries([...fixed, ...instances]) as Record<string, string>,
    databases: {
      ...Object.fromEntries(roles.map((role) => [role, databaseUrlOf(context, role)])),
      evidence: evidenceUrlOf(context),
    },
    tokens: context.tokens,
    inventory: { dir: join(context.dir, 'inventory'), file: context.inventoryFile },
  };
}

function lineOf(plan: PartPlan, { ports }: StackContext, ms: number): string {
  const moved =
    plan.ports.filter((port) => ports.moved(port)).length > 0 ? '  (its usual port is taken)' : '';
  return `${plan.name.padEnd(18)} ${plan.address.padEnd(24)} ${(ms / 1000).toFixed(1)} s${moved}`;
}

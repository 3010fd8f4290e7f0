/**
 * The responder as it is, except that it kills itself (SIGKILL), or stops for a while, at the points that the file
 * CRASH_FILE names: one a line, `kill TARGET POINT` or `hold TARGET POINT`. A line goes before its kill, so that the next
 * start does not do it again; `hold` becomes `held`, and goes on once the line is gone. Written by `crash.ts`.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from '../responder/app.ts';
import type { ProcessRuntime } from '../responder/clients/runtimes/process.ts';
import { readGroups } from '../responder/clients/runtimes/process-inventory.ts';
import { groupOf } from '../responder/clients/runtimes/process-place.ts';
import type { Runtime, RuntimeState } from '../responder/clients/runtimes/runtime.ts';
import { readConfig } from '../responder/config.ts';
import type { Stages } from '../responder/flow.ts';
import type { Incident } from '../responder/incident/incident.ts';
import type { Store } from '../responder/incident/store.ts';

const LOOK_MS = 5;
const file = process.env.CRASH_FILE as string;
const inventoryFile = process.env.AEGIS_INVENTORY_FILE as string;
/** Targets of the incidents that this process works on, and the stage that each target is in. */
const targets = new Map<string, string>();
const stages = new Map<string, string>();

function lines(): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return []; // nothing is planned
  }
}

function replaceLine(line: string, by: string[]): void {
  const left = lines().flatMap((one) => (one === line ? by : [one]));
  writeFileSync(`${file}.new`, left.join('\n'));
  renameSync(`${file}.new`, file);
}

const isPlanned = (target: string, point: string) => lines().includes(`kill ${target} ${point}`);

function crashAt(target: string, point: string): void {
  if (!isPlanned(target, point)) return;
  replaceLine(`kill ${target} ${point}`, []);
  process.kill(process.pid, 'SIGKILL');
}

async function holdAt(target: string, point: string): Promise<void> {
  if (!lines().includes(`hold ${target} ${point}`)) return;
  const held = `held ${target} ${point}`;
  replaceLine(`hold ${target} ${point}`, [held]);
  while (lines().includes(held)) await sleep(LOOK_MS);
}

/** Looks until it is so, and crashes at that moment, while something else is under way. */
async function crashOnce(target: string, point: string, isSo: () => Promise<boolean>): Promise<void> {
  if (!isPlanned(target, point)) return;
  while (!(await isSo())) await sleep(LOOK_MS);
  crashAt(target, point);
}

/** What a person reads in a test: an undo is a remediation, too, and has points of its own. */
const nameOf = ({ stage, undoing }: Incident) => (stage === 'remediate' && undoing ? 'undo' : stage);

function crashingStages(real: Stages): Stages {
  const wrapped = Object.entries(real).map(([stageName, stage]) => [
    stageName,
    async (...args: Parameters<typeof stage>) => {
      const [incident] = args;
      const { target } = incident;
      targets.set(incident.id, target);
      const name = nameOf(incident);
      stages.set(target, name);
      await holdAt(target, `before ${name}`);
      crashAt(target, `before ${name}`);
      const done = await (stage as (...a: typeof args) => Promise<{ result: string }>)(...args);
      for (const point of [`after ${name}`, `after ${name} ${done.result}`]) crashAt(target, point);
      return done;
    },
  ]);
  return Object.fromEntries(wrapped) as Stages;
}

function crashingStore(real: Store): Store {
  const targetOf = (id: string) => targets.get(id) as string;
  return {
    ...real,
    async finish(lease, incident, step, ms) {
      const state = await real.finish(lease, incident, step, ms);
      const name = nameOf(incident);
      for (const point of [`stored ${name}`, `stored ${name} to ${step.next}`])
        crashAt(incident.target, point);
      return state;
    },
    async intend(lease, intent) {
      crashAt(intent.target, 'before the intent');
      const stored = await real.intend(lease, intent);
      crashAt(intent.target, 'after the intent');
      return stored;
    },
    async settle(lease, id, ...rest) {
      crashAt(targetOf(lease.incidentId), 'after the call');
      return real.settle(lease, id, ...rest);
    },
    async undone(lease, id, ...rest) {
      crashAt(targetOf(lease.incidentId), 'after the call of undo');
      const stored = await real.undone(lease, id, ...rest);
      crashAt(targetOf(lease.incidentId), 'after undo was noted');
      return stored;
    },
    async recentActions(target, seconds) {
      crashAt(target, 'within guard');
      return real.recentActions(target, seconds);
    },
  };
}

function crashingRuntime(real: Runtime): Runtime {
  const targetOf = (instance: string) => instance.replace(/-\d+$/, '');
  const end = (state: RuntimeState) => (real as ProcessRuntime).stop(state);
  const isListed = async (instance: string) =>
    groupOf(await readGroups(inventoryFile), instance) !== undefined;
  const runs = async (instance: string) => (await real.inspect(instance)).state === 'running';
  /** Between the end of one process and the start of the next. */
  const crashBetween = async (before: RuntimeState, point: string) => {
    const target = targetOf(before.instance);
    if (!isPlanned(target, point)) return;
    await end(before);
    crashAt(target, point);
  };
  return {
    ...real,
    async inspect(instance) {
      const target = targetOf(instance);
      crashAt(target, `within ${stages.get(target)}`);
      return real.inspect(instance);
    },
    async restart(instance, before, ...rest) {
      await crashBetween(before, 'within the call');
      return real.restart(instance, before, ...rest);
    },
    async roll(instance, before, version, startId, signal) {
      await crashBetween(before, startId.endsWith('-undo') ? 'within the call of undo' : 'within the call');
      return real.roll(instance, before, version, startId, signal);
    },
    async scaleUp(like, instance, ...rest) {
      const target = targetOf(instance);
      const watched = crashOnce(target, 'within the call', () => runs(instance)); // started, not listed yet
      const [state] = await Promise.all([real.scaleUp(like, instance, ...rest), watched]);
      return state;
    },
    async scaleDown(instance, ...rest) {
      const target = targetOf(instance);
      crashAt(target, 'before the take-back');
      const watched = [
        crashOnce(target, 'within the take-back, unlisted', async () => !(await isListed(instance))),
        crashOnce(target, 'within the take-back, ended', async () => !(await runs(instance))),
      ];
      await Promise.all([real.scaleDown(instance, ...rest), ...watched]);
      crashAt(target, 'after the take-back');
    },
  };
}

await startApp(readConfig(process.env), {
  stages: crashingStages,
  store: crashingStore,
  runtime: crashingRuntime,
});

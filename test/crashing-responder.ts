/**
 * The responder as it is, except that it kills itself (SIGKILL, once) at the point that the file CRASH_FILE names. The
 * file is removed first, so that the next start does not do it again. Started by `crash.test.ts` only.
 */
import { readFileSync, rmSync } from 'node:fs';
import { startApp } from '../responder/app.ts';
import type { ProcessRuntime } from '../responder/clients/runtimes/process.ts';
import type { Runtime } from '../responder/clients/runtimes/runtime.ts';
import { readConfig } from '../responder/config.ts';
import type { Stages } from '../responder/flow.ts';
import type { Store } from '../responder/incident/store.ts';

const file = process.env.CRASH_FILE as string;

function crashAt(point: string): void {
  if (planned() !== point) return;
  rmSync(file);
  process.kill(process.pid, 'SIGKILL');
}

function planned(): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return ''; // no crash is planned
  }
}

function crashingStages(real: Stages): Stages {
  const wrapped = Object.entries(real).map(([name, stage]) => [
    name,
    async (...args: Parameters<typeof stage>) => {
      crashAt(`before ${name}`);
      const result = await (stage as (...a: typeof args) => Promise<object>)(...args);
      crashAt(`after ${name}`);
      return result;
    },
  ]);
  return Object.fromEntries(wrapped) as Stages;
}

function crashingStore(real: Store): Store {
  return {
    ...real,
    async intend(lease, intent) {
      crashAt('before the intent');
      const stored = await real.intend(lease, intent);
      crashAt('after the intent');
      return stored;
    },
    async settle(lease, id, state, detail) {
      crashAt('after the call');
      return real.settle(lease, id, state, detail);
    },
  };
}

function crashingRuntime(real: Runtime): Runtime {
  return {
    ...real,
    async restart(instance, before, startId, signal) {
      if (planned() === 'within the call') {
        await (real as ProcessRuntime).stop(before);
        crashAt('within the call');
      }
      return real.restart(instance, before, startId, signal);
    },
  };
}

await startApp(readConfig(process.env), {
  stages: crashingStages,
  store: crashingStore,
  runtime: crashingRuntime,
});

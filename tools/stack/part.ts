/** One running part: started as a process of its own group, watched until ready, killed and started again by name. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProcessRuntime } from '../../responder/clients/runtimes/process.ts';

/** How to start one part, and how to know that it works. */
export interface PartPlan {
  name: string;
  /** What a person opens or connects to; '' for a part that serves nothing. */
  address: string;
  /** Names of its reserved ports. */
  ports: string[];
  command: string[];
  cwd: string;
  /** Its whole environment besides PATH, HOME and the like: nothing of the caller's shell leaks in. */
  env: Record<string, string>;
  /** For an instance that the responder may roll back or copy: `{ports.NAME}` and `{instance}` above are filled in. */
  unit?: { version: string; ports: Record<string, number> };
  /** Writes configuration, once. */
  prepare?: () => Promise<void>;
  /** Null when it works, else what is still missing. May throw: that is an answer too. */
  ready: () => Promise<string | null>;
  /** What is to be done once it works the first time. */
  settle?: () => Promise<void>;
}

export interface Parts {
  /** Starts and waits. Throws with the last lines of its output when it dies or is not ready in time. */
  start(plan: PartPlan): Promise<void>;
  /** Ends it by SIGKILL, its whole group; waits until it is gone. */
  kill(name: string): Promise<void>;
  /** Starts a killed part again and waits until it works; `ready` tells it of one that somebody else had started. */
  restart(name: string, ready?: PartPlan['ready']): Promise<void>;
  /** Whether somebody started it here: we, or the responder. */
  has(name: string): Promise<boolean>;
  /** Process id, or null where it does not run. */
  pid(name: string): Promise<number | null>;
}

interface Options {
  /** Where the unit and run files go. */
  unitDir: string;
  /** Where the output goes, as `<part>.log`. */
  logDir: string;
  release: (port: string) => Promise<void>;
  readyMs?: number;
}

const POLL_MS = 25;
/** A part that cannot have its port ends within this, in ms. */
const SETTLE_MS = 100;
const LAST_CHARS = 1_500;
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot'];

export function makeParts({ unitDir, logDir, release, readyMs = 30_000 }: Options): Parts {
  const runtime = makeProcessRuntime({ dir: unitDir, graceMs: 0 });
  const plans = new Map<string, PartPlan>();

  async function launch(plan: Pick<PartPlan, 'name' | 'ready'>): Promise<void> {
    await runtime.start(plan.name, randomUUID());
    const deadline = performance.now() + readyMs;
    for (;;) {
      const missing = await plan.ready().catch((error: Error) => String(error.cause ?? error));
      // Somebody else's may have answered on this port while ours found it taken and ended.
      if (missing === null) await sleep(SETTLE_MS);
      const died = (await runtime.inspect(plan.name)).state !== 'running';
      if (missing === null && !died) return;
      if (died || performance.now() > deadline) {
        const end = (await runtime.tail(plan.name, LAST_CHARS)).trim() || '(it wrote nothing)';
        const what = died
          ? 'ended while it was starting'
          : `was not ready within ${readyMs / 1000} s (${missing})`;
        throw new Error(`${plan.name} ${what}. The end of its output:\n${end}`);
      }
      await sleep(POLL_MS);
    }
  }

  return {
    async start(plan) {
      await mkdir(unitDir, { recursive: true });
      await plan.prepare?.();
      await runtime.define(plan.name, {
        command: plan.command,
        cwd: plan.cwd,
        env: { ...passedOn(process.env), ...plan.env },
        output: join(logDir, '{instance}.log'),
        ...plan.unit,
      });
      for (const port of plan.ports) await release(port);
      plans.set(plan.name, plan);
      await launch(plan);
      await plan.settle?.();
    },
    async kill(name) {
      const { pid, state, identity } = await runtime.inspect(name);
      if (pid === null) throw new Error(`${name} was never started`);
      if (state === 'running') signalGroup(pid); // else the number may be somebody else's by now
      const runs = async () => {
        const now = await runtime.inspect(name);
        return now.state === 'running' && now.identity === identity; // the responder may be fast with another one
      };
      while (await runs()) await sleep(POLL_MS);
    },
    async restart(name, ready) {
      const isReady = plans.get(name)?.ready ?? ready;
      if (!isReady) throw new Error(`${name} was never started`);
      await launch({ name, ready: isReady });
    },
    has: async (name) => (await runtime.inspect(name)).pid !== null,
    async pid(name) {
      const state = await runtime.inspect(name);
      return state.state === 'running' ? state.pid : null;
    },
  };
}

/** Null when the address answers with a 2xx, else what it did instead. */
export async function answers(url: string): Promise<string | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
  await response.body?.cancel();
  return response.ok ? null : `GET ${url} answered ${response.status}`;
}

function passedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone meanwhile is what we wanted
  }
}

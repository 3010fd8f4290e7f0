/** The faults that the demo can make, and the answer of a good on-call engineer to each. */
import { readFile } from 'node:fs/promises';
import type { Stack } from '../stack/stack.ts';
import { until } from './wait.ts';

/** The moment at which the fault was really there, and what it said of itself. */
export interface Breach {
  at: Date;
  text: string;
}

export interface FaultPlan {
  title: string;
  /** Causes the fault and waits for its breach. */
  cause: (stack: Stack) => Promise<Breach>;
  /** How the incident has to end. */
  expected: { category: string; action: string; outcome: string };
}

const INSTANCE = 'target-app-1';
const BREACH_MS = 60_000;

export const FAULTS = {
  memory: {
    title: 'a cache that is never emptied fills the memory of target-app',
    cause: async (stack) => {
      await trigger(stack, '/trigger_memory');
      return until('the fault to log its breach', BREACH_MS, () => loggedBreach(stack));
    },
    expected: { category: 'memory_leak', action: 'RESTART', outcome: 'resolved' },
  },
  kill: {
    title: 'the process of target-app is killed (SIGKILL)',
    cause: async (stack) => {
      const at = new Date();
      await stack.killPart(INSTANCE);
      return { at, text: `${INSTANCE} was killed` };
    },
    expected: { category: 'process_down', action: 'RESTART', outcome: 'resolved' },
  },
} satisfies Record<string, FaultPlan>;
export type FaultName = keyof typeof FAULTS;

async function trigger(stack: Stack, path: string): Promise<void> {
  const url = `${stack.addresses[INSTANCE]}${path}`;
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`);
}

/** The line in which the fault's own code tells that it crossed its threshold. */
async function loggedBreach(stack: Stack): Promise<Breach | null> {
  const lines = (await readFile(stack.logOf(INSTANCE), 'utf8')).split('\n');
  const line = lines.find((one) => one.includes('"event":"fault.breach"'));
  if (!line) return null;
  const { time, msg } = JSON.parse(line) as { time: number; msg: string };
  return { at: new Date(time), text: msg };
}

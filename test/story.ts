/** What the stories share that run the whole system as processes, on real parts. */
import { readFile } from 'node:fs/promises';
import { after } from 'node:test';
import { type Stack, type StackOptions, startStack } from '../tools/stack/stack.ts';
import { toolchain } from '../tools/toolchain/toolchain.ts';
import { makeQuestions, type Questions } from './questions.ts';

export type { WholeIncident } from './questions.ts';

export interface Story extends Questions {
  stack: Stack;
  /** How often the instance of a target was started, by its own log. */
  starts(target: string): Promise<number>;
}

/** Starts the system for one test file and stops it after the last test. */
export async function startStory(options: Omit<StackOptions, 'programs'> = {}): Promise<Story> {
  const programs = await toolchain({ say: (line) => process.stderr.write(`set-up: ${line}\n`) });
  const stack = await startStack({ ...options, programs });
  after(stack.stop);
  const read = options.env?.responder?.AEGIS_READ_TOKEN;
  const questions = makeQuestions({
    responder: stack.addresses.responder as string,
    prometheus: stack.addresses.prometheus as string,
    tokens: { ...stack.tokens, ...(read ? { read } : {}) },
    urlOf: async (target) => stack.addresses[`${target}-1`] as string,
  });
  return {
    ...questions,
    stack,
    async starts(target) {
      const text = await readFile(stack.logOf(`${target}-1`), 'utf8');
      return text.split('"event":"app.started"').length - 1;
    },
  };
}

/** What Alertmanager holds about a service, silenced or not. */
export async function alertsOf({ stack }: Story, service: string): Promise<unknown[]> {
  const filter = encodeURIComponent(`service="${service}"`);
  const response = await fetch(`${stack.addresses.alertmanager}/api/v2/alerts?filter=${filter}`);
  return (await response.json()) as unknown[];
}

/** An alert as Alertmanager would send it. */
export function alertOf(labels: Record<string, string>, more: Record<string, unknown> = {}) {
  return {
    status: 'firing',
    labels: {
      alertname: 'TargetMemorySaturated',
      service: 'target-app',
      instance: 'target-app-1',
      ...labels,
    },
    annotations: { summary: 'told by a test', sli: 'memory_utilization', threshold: '0.85' },
    startsAt: '2026-01-02T03:04:05.678Z',
    endsAt: '0001-01-01T00:00:00Z',
    ...more,
  };
}

/** A webhook body of Alertmanager, version 4. */
export function envelope(...alerts: unknown[]) {
  return { version: '4', receiver: 'responder', status: 'firing', alerts };
}

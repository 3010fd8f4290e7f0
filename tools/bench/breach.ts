/** The moment at which a fault bites, as the shop logs it. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BenchFault } from './options.ts';

/** Epoch ms of the breach that a line of the shop's output tells of; null where it tells of something else. */
export function breachIn(line: string, fault: BenchFault): number | null {
  if (!line.includes('"fault.breach"')) return null;
  try {
    const told = JSON.parse(line) as { event?: unknown; fault?: unknown; time?: unknown };
    const isIt = told.event === 'fault.breach' && told.fault === fault && typeof told.time === 'number';
    return isIt ? (told.time as number) : null;
  } catch {
    return null; // cut off, or no JSON at all
  }
}

export interface BreachWatch {
  /** Epoch ms, by the clock of the container, which is that of this machine. Rejects where there is none in time. */
  breach: Promise<number>;
  stop(): void;
}

/** Follows the output of a container from now on. */
export function watchBreach(container: string, fault: BenchFault, limitMs: number): BreachWatch {
  const since = new Date().toISOString();
  const logs = spawn('docker', ['logs', '--follow', '--since', since, container], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    logs.kill();
  };
  const breach = new Promise<number>((done, fail) => {
    const tooLate = () => fail(new Error(`no ${fault} breach was logged within ${limitMs / 1000} s`));
    timer = setTimeout(tooLate, limitMs);
    logs.on('error', fail);
    logs.on('close', () => fail(new Error(`the output of ${container} ended before the ${fault} breach`)));
    createInterface({ input: logs.stdout }).on('line', (line) => {
      const at = breachIn(line, fault);
      if (at !== null) done(at);
    });
  }).finally(stop);
  breach.catch(() => undefined); // whoever waits for it hears of it
  return { breach, stop };
}

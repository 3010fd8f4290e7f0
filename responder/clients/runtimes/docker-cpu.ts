/**
 * How many CPU cores each container uses, measured in the background: the engine counts once a second and lets whoever asks twice
 * within that second wait, which is far too long for somebody who is about to repair something.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CpuReading, Engine } from './docker-engine.ts';

/** As often as the engine counts: what began two seconds ago has to show. */
const EVERY_MS = 1_000;
/** What is older says nothing of just now. */
const FRESH_MS = 6_000;
/** Closer to each other they are one count of the engine, told twice. */
const APART_MS = 500;

export interface CpuMeter {
  /** Containers to measure from now on; what was known of others is forgotten. */
  follow(ids: string[]): void;
  /** CPU time since its start in seconds, as last measured; null where that is not known. */
  seconds(id: string): number | null;
  /** Cores in use between the last two measurements; null where there are none of just now. */
  cores(id: string): number | null;
  /** Measures until the signal. */
  start(signal: AbortSignal): void;
}

export function makeCpuMeter(engine: Pick<Engine, 'cpu'>, now: () => number = Date.now): CpuMeter {
  const readings = new Map<string, CpuReading[]>();

  const fresh = (id: string) => (readings.get(id) ?? []).filter(({ at }) => now() - at <= FRESH_MS);
  async function measure(id: string): Promise<void> {
    const reading = await engine.cpu(id).catch(() => null); // it may just be ending
    const known = readings.get(id);
    if (!reading || !known) return;
    const last = known.at(-1);
    if (last && reading.at - last.at < APART_MS) return;
    // Less than before: it was started anew.
    const before = last && reading.seconds >= last.seconds ? [last] : [];
    readings.set(id, [...before, reading]);
  }

  return {
    follow(ids) {
      for (const id of readings.keys()) if (!ids.includes(id)) readings.delete(id);
      for (const id of ids) if (!readings.has(id)) readings.set(id, []);
    },
    seconds: (id) => fresh(id).at(-1)?.seconds ?? null,
    cores(id) {
      const [first, second] = fresh(id);
      if (!first || !second) return null;
      return Number((((second.seconds - first.seconds) * 1000) / (second.at - first.at)).toFixed(3));
    },
    start(signal) {
      void (async () => {
        while (!signal.aborted) {
          await Promise.all([...readings.keys()].map(measure));
          await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined); // ended by the signal
        }
      })();
    },
  };
}

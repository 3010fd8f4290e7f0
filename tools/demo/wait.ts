/** Waiting for something to become true, with an end. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * The first value that is not null. What `read` throws counts as "not yet" and is told when the time is up.
 * @throws Error that names `what` and what was seen last
 */
export async function until<T>(
  what: string,
  ms: number,
  read: () => Promise<T | null>,
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = performance.now() + ms;
  let last = '';
  while (performance.now() < deadline) {
    try {
      const value = await read();
      if (value !== null) return value;
    } catch (error) {
      last = ` (${(error as Error).message})`;
    }
    await sleep(pollMs);
  }
  throw new Error(`waited ${ms / 1000} s for ${what}${last}`);
}

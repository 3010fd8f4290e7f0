/** Waiting for something on this machine, with an end. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Reads until the value is `done` or the time is up; the last value either way. */
export async function waitFor<T>(
  read: () => Promise<T>,
  done: (value: T) => boolean,
  ms: number,
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await read();
    if (done(value) || performance.now() >= deadline) return value;
    await sleep(pollMs);
  }
}

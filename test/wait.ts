/** Waiting in tests for what comes by itself, and holding up what would come too soon. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until it is so, for at most five seconds. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 5_000; waited += 5) {
    if (await what()) return;
    await sleep(5);
  }
  assert.fail('it never came');
}

/** A promise that stays pending until it is opened. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

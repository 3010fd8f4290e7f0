/** A small brake on guessing tokens. */
import { setTimeout as wait } from 'node:timers/promises';
import { AegisError } from '../errors.ts';

export interface BrakeOptions {
  /** So long every try waits before it is looked at. */
  waitMs?: number;
  /** So many tries of one address may wait at a time. */
  atOnce?: number;
  sleep?: (ms: number) => Promise<unknown>;
}

/**
 * Every try waits, the right ones as well, or a quick answer would tell which one was right. Who hangs up still waits. What is
 * remembered is one number for each address that waits at this moment, and nobody is kept out by what an other address does.
 *
 * @returns what to await before a try is looked at. Throws AEGIS_TOO_MANY_TRIES.
 */
export function makeBrake({ waitMs = 500, atOnce = 50, sleep = wait }: BrakeOptions = {}) {
  const waiting = new Map<string, number>();
  return async (address: string): Promise<void> => {
    const others = waiting.get(address) ?? 0;
    if (others >= atOnce)
      throw new AegisError('AEGIS_TOO_MANY_TRIES', 'too many tries at once come from your address');
    waiting.set(address, others + 1);
    await sleep(waitMs);
    const left = (waiting.get(address) ?? 1) - 1;
    if (left > 0) waiting.set(address, left);
    else waiting.delete(address);
  };
}

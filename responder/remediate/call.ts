/** A call on the runtime that nobody makes who might lose the lease meanwhile: the database cannot stop a process from being killed. */
import { AegisError } from '../errors.ts';
import type { Options, Run } from './remediate.ts';

/**
 * @param parts how many instances it is about, each with the runtime's longest time.
 * @param make is given a signal that bounds it, and what to call before each part; throws AEGIS_LEASE_LOST where too little
 *   of the lease is left.
 */
export async function makeCall<T>(
  { runtime, store, leaseMs }: Pick<Options, 'runtime' | 'store' | 'leaseMs'>,
  { lease, signal }: Run,
  parts: number,
  make: (bounded: AbortSignal, renew: () => Promise<void>) => Promise<T>,
  longestMs = runtime.callTimeoutMs,
): Promise<T> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(longestMs * Math.max(1, parts))]);
  const renew = async () => {
    if (!(await store.renew(lease, leaseMs)) || lease.until - performance.now() < runtime.callTimeoutMs)
      throw new AegisError(
        'AEGIS_LEASE_LOST',
        `too little of the lease of ${lease.incidentId} is left for the call`,
      );
  };
  // Bounded here too, should a runtime not heed its signal: the stage ends, and whoever comes next looks what became of it.
  return Promise.race([make(bounded, renew), rejectionOf(bounded)]);
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

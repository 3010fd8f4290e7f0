/** Whether an instance that was only just started answers yet. */

const TIMEOUT_MS = 500;

/** @param health where it tells that it is well; null where nobody said: then there is nothing to wait for */
export async function answers(health: string | null, signal: AbortSignal): Promise<boolean> {
  if (health === null) return true;
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(health, { signal: bounded });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not yet
  }
}

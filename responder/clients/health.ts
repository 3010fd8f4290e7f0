/**
 * The health endpoint of an instance: 2xx is healthy. A JSON body may tell `version` and `dependencies` too, as
 * `{"database": {"status": "ok", "latency_ms": 2}}` (any status but ok is not healthy).
 */
import { z } from 'zod';
import { ask } from './http.ts';

const Body = z.object({
  version: z.string().optional(),
  dependencies: z
    .record(z.string(), z.object({ status: z.string(), latency_ms: z.number().nullish() }))
    .optional()
    .catch(undefined), // somebody else's form: then only the status code speaks
});
export interface Health {
  healthy: boolean;
  status: number;
  version: string | null;
  dependencies: { name: string; healthy: boolean; latency_ms: number | null }[];
}
/** Throws AEGIS_UPSTREAM when no answer comes in time. */
export type CheckHealth = (url: string, signal?: AbortSignal) => Promise<Health>;

export function makeHealthCheck({ timeoutMs = 5_000 }: { timeoutMs?: number } = {}): CheckHealth {
  return async (url, signal) => {
    const { status, text } = await ask({
      system: 'health endpoint',
      url,
      timeoutMs,
      signal,
      maxBytes: 1_000_000,
    });
    const body = Body.safeParse(parse(text));
    const known = body.success ? body.data : {};
    return {
      healthy: status >= 200 && status < 300,
      status,
      version: known.version ?? null,
      dependencies: Object.entries(known.dependencies ?? {}).map(([name, { status: word, latency_ms }]) => ({
        name,
        healthy: word === 'ok',
        latency_ms: latency_ms ?? null,
      })),
    };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // many services answer "ok"
  }
}

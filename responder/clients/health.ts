/** The health endpoint of an instance: 2xx is healthy; a JSON body in our own form tells version and dependencies too. */
import { z } from 'zod';
import { ask } from './http.ts';

const Body = z.object({
  version: z.string().optional(),
  startedAt: z.string().optional(),
  dependencies: z
    .array(z.object({ name: z.string(), healthy: z.boolean(), latency_ms: z.number().nullish() }))
    .optional(),
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
    const { status, text } = await ask({ system: 'health endpoint', url, timeoutMs, signal });
    const body = Body.safeParse(parse(text));
    const known = body.success ? body.data : {};
    return {
      healthy: status >= 200 && status < 300,
      status,
      version: known.version ?? null,
      dependencies: (known.dependencies ?? []).map((d) => ({ ...d, latency_ms: d.latency_ms ?? null })),
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

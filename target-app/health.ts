/** Is this instance fit to serve? The process answers, and the database answers within a second. */
import type { Pool } from './database.ts';
import { wordsOf } from './log.ts';

export interface DependencyHealth {
  status: 'ok' | 'failing';
  latency_ms: number;
  /** Why it is failing. */
  reason?: string;
}

export interface Health {
  status: 'ok' | 'failing';
  service: string;
  version: string;
  instance: string;
  /** Start of this process, ISO 8601. */
  startedAt: string;
  dependencies: Record<string, DependencyHealth>;
  /** Names each failing dependency; only where there is one. */
  reason?: string;
}

export interface HealthOptions {
  service: string;
  version: string;
  instance: string;
  startedAt: Date;
  /** Resolves when the dependency answers, throws why it does not. */
  dependencies: Record<string, () => Promise<unknown>>;
  timeoutMs?: number;
  now?: () => number;
}

/** Checks every dependency at once, each under its own timeout (1 s). A check under way is shared by all who ask. */
export function makeHealth({
  service,
  version,
  instance,
  startedAt,
  dependencies,
  timeoutMs = 1_000,
  now = () => performance.now(),
}: HealthOptions): () => Promise<Health> {
  const check = async (): Promise<Health> => {
    const asked = Object.entries(dependencies).map(
      async ([name, ask]) => [name, await checkOne(ask, timeoutMs, now)] as const,
    );
    const results = await Promise.all(asked);
    const failing = results.filter(([, result]) => result.status === 'failing');
    return {
      status: failing.length === 0 ? 'ok' : 'failing',
      service,
      version,
      instance,
      startedAt: startedAt.toISOString(),
      dependencies: Object.fromEntries(results),
      ...(failing.length > 0 && {
        reason: failing.map(([name, result]) => `${name}: ${result.reason}`).join('; '),
      }),
    };
  };
  // Without sharing, every probe of a hanging database would hold another connection of the pool.
  let underWay: Promise<Health> | undefined;
  return () => {
    underWay ??= check().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function checkOne(
  ask: () => Promise<unknown>,
  timeoutMs: number,
  now: () => number,
): Promise<DependencyHealth> {
  const began = now();
  const latency = () => Math.round((now() - began) * 10) / 10;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([ask(), late]);
    return { status: 'ok', latency_ms: latency() };
  } catch (error) {
    return { status: 'failing', latency_ms: latency(), reason: wordsOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** The database is fit when it answers and the shop's tables were made. */
export async function askDatabase(pool: Pool, schema: { ready: boolean }): Promise<void> {
  await pool.query({ name: 'health', text: 'SELECT 1' });
  if (!schema.ready) throw new Error('its tables are not made yet');
}

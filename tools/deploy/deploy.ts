/** Puts a release of a target in place, one instance after the other, as a person would: it does not roll back by itself. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makeProcessRuntime, type ProcessRuntime } from '../../responder/clients/runtimes/process.ts';
import { readGroups } from '../../responder/clients/runtimes/process-inventory.ts';
import { until } from '../demo/wait.ts';

export interface Deploy {
  /** Folder of the inventory; the unit files lie in it. */
  dir: string;
  target: string;
  version: string;
  say: (line: string) => void;
  /** So long the new release may take until its health tells its version, in ms. */
  healthMs?: number;
}

const HEALTH_MS = 10_000;
const LAST_CHARS = 1_500;
const LAST_LINES = 5;
/** More than target-app takes to finish its requests. */
const GRACE_MS = 2_000;

/** @throws Error that says which instance did not start and why; the instances after it are left as they were */
export async function deploy({ dir, target, version, say, healthMs = HEALTH_MS }: Deploy): Promise<void> {
  const groups = await readGroups(join(dir, 'inventory.json'));
  const chosen = groups.filter(({ labels }) => labels.service === target);
  if (chosen.length === 0) {
    const known = [...new Set(groups.map(({ labels }) => labels.service))].join(', ') || 'none';
    throw new Error(`there is no target ${target}; the inventory has ${known}`);
  }
  const runtime = makeProcessRuntime({ dir, graceMs: GRACE_MS });
  for (const { labels } of chosen) {
    const instance = labels.instance ?? '';
    const before = (await runtime.releases(instance)).at(-1)?.version ?? 'an unknown release';
    const change = { version, env: { SERVICE_VERSION: version } };
    await runtime.deploy(instance, change, randomUUID(), 'deploy');
    try {
      await waitForVersion(runtime, instance, labels['aegis.health'], version, healthMs);
    } catch (error) {
      throw new Error(await failure(runtime, instance, { before, version, why: (error as Error).message }));
    }
    say(`${instance} runs ${version}, in place of ${before}`);
  }
}

/** Until health answers 2xx and tells the version; not longer than the process lives. */
async function waitForVersion(
  runtime: ProcessRuntime,
  instance: string,
  health: string | undefined,
  version: string,
  ms: number,
): Promise<void> {
  if (health === undefined) return; // nobody said how to ask
  const answer = await until(`${health} to tell ${version}`, ms, async () => {
    if ((await runtime.inspect(instance)).state !== 'running') return 'ended' as const;
    const response = await fetch(health, { signal: AbortSignal.timeout(1_000) });
    const told = ((await response.json()) as { version?: string }).version;
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    if (told !== version) throw new Error(`it tells ${told}`);
    return 'right' as const;
  });
  if (answer === 'ended') throw new Error('its process ended');
}

async function failure(
  runtime: ProcessRuntime,
  instance: string,
  { before, version, why }: { before: string; version: string; why: string },
): Promise<string> {
  // Few lines, since the words of the release before stand in the same file.
  const lines = (await runtime.tail(instance, LAST_CHARS)).trim().split('\n').slice(-LAST_LINES);
  const output = lines.join('\n') || '(it wrote nothing)';
  return [
    `${instance} did not start as ${version}: ${why}. It was not rolled back: that is for AegisOps to do, or npm run deploy -- ${before}. The end of its output:`,
    output,
  ].join('\n');
}

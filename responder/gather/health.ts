/** The health endpoint of each instance, and through it the dependencies that the target sees. */
import type { CheckHealth } from '../clients/health.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { wordsOf } from '../errors.ts';
import type { Finding, Instance } from '../incident/incident.ts';
import type { Question, Source } from './gather.ts';

/**
 * No answer within this time is told as silence, well before the deadline would make a failure of ours of it: silence is
 * what a blocked process looks like.
 */
const PATIENCE_MS = 1_500;

interface Options {
  checkHealth: CheckHealth;
  /** Its record of releases, to be held against what the instance says of itself. */
  runtime: Pick<Runtime, 'releases'>;
  patienceMs?: number;
}

export function makeHealthSource({ checkHealth, runtime, patienceMs = PATIENCE_MS }: Options): Source {
  return {
    name: 'health',
    query: ({ target }) => `GET ${target?.instances.map((i) => i.health).join(', ') ?? 'nothing'}`,
    read: async (question) =>
      (
        await Promise.all(
          (question.target?.instances ?? []).map((i) =>
            readInstance({ checkHealth, runtime, patienceMs }, i, question),
          ),
        )
      ).flat(),
  };
}

async function readInstance(
  { checkHealth, runtime, patienceMs }: Required<Options>,
  instance: Instance,
  question: Question,
): Promise<Finding[]> {
  if (!instance.health) return [];
  const base = { source: 'health', query: `GET ${instance.health}`, at: question.now.toISOString() };
  const unhealthy = {
    kind: 'health',
    instance: instance.id,
    healthy: false,
    status: null,
    version: null,
  } as const;
  const patience = AbortSignal.timeout(patienceMs);
  try {
    const signal = AbortSignal.any([question.signal, patience]);
    const { healthy, status, version, dependencies } = await checkHealth(instance.health, signal);
    const word = healthy ? 'healthy' : 'not healthy';
    const reading = `${instance.id} answers ${status}: ${word}${await told(version, runtime, instance)}`;
    return [
      {
        ...base,
        status: 'ok',
        reading,
        data: { kind: 'health', instance: instance.id, healthy, status, version },
      },
      ...dependencies.map((dependency) => ({
        ...base,
        status: 'ok' as const,
        reading: `${instance.id} sees ${dependency.name} ${dependency.healthy ? 'healthy' : 'NOT healthy'}${latency(dependency.latency_ms)}`,
        data: { kind: 'dependency' as const, dependency, instance: instance.id },
      })),
    ];
  } catch (error) {
    // No answer is what a dead instance looks like: evidence of the target, not a failure of ours.
    return [
      {
        ...base,
        status: 'ok',
        reading: `${instance.id} gives no answer: ${patience.aborted ? `none within ${patienceMs} ms` : wordsOf(error)}`,
        data: unhealthy,
      },
    ];
  }
}

/** What it says that it runs, and what the record says where that is another release. */
async function told(version: string | null, runtime: Options['runtime'], { id }: Instance): Promise<string> {
  if (!version) return '';
  const releases = await runtime.releases(id).catch(() => []); // the source of changes tells why
  const recorded = releases.at(-1)?.version ?? version;
  const but = recorded === version ? '' : `, though the record of releases says ${recorded}`;
  return `, version ${version}${but}`;
}

function latency(ms: number | null): string {
  return ms === null ? '' : ` (${Math.round(ms)} ms)`;
}

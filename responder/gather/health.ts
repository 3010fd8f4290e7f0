/** The health endpoint of each instance, and through it the dependencies that the target sees. */
import type { CheckHealth } from '../clients/health.ts';
import { wordsOf } from '../errors.ts';
import type { Finding, Instance } from '../incident/incident.ts';
import type { Question, Source } from './gather.ts';

export function makeHealthSource({ checkHealth }: { checkHealth: CheckHealth }): Source {
  return {
    name: 'health',
    query: ({ target }) => `GET ${target?.instances.map((i) => i.health).join(', ') ?? 'nothing'}`,
    read: async (question) =>
      (
        await Promise.all(
          (question.target?.instances ?? []).map((i) => readInstance(checkHealth, i, question)),
        )
      ).flat(),
  };
}

async function readInstance(
  checkHealth: CheckHealth,
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
  try {
    const { healthy, status, version, dependencies } = await checkHealth(instance.health, question.signal);
    const reading = `${instance.id} answers ${status}: ${healthy ? 'healthy' : 'not healthy'}${version ? `, version ${version}` : ''}`;
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
        data: { kind: 'dependency' as const, dependency },
      })),
    ];
  } catch (error) {
    // No answer is what a dead instance looks like: evidence of the target, not a failure of ours.
    return [
      {
        ...base,
        status: 'ok',
        reading: `${instance.id} gives no answer: ${wordsOf(error)}`,
        data: unhealthy,
      },
    ];
  }
}

function latency(ms: number | null): string {
  return ms === null ? '' : ` (${Math.round(ms)} ms)`;
}

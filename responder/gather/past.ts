/** What helped this target before: evidence to check again, never an instruction. */
import type { Runbook } from '../incident/runbook.ts';
import type { Source } from './gather.ts';

export function makePastSource({ runbook }: { runbook: Runbook }): Source {
  return {
    name: 'runbook',
    query: ({ incident }) => `runbook entries of ${incident.target}`,
    read: async ({ incident, now }) =>
      (await runbook.forTarget(incident.target)).map((entry) => ({
        source: 'runbook',
        query: `runbook entries of ${incident.target}`,
        at: now.toISOString(),
        status: 'ok',
        reading: `${entry.action} on "${entry.signature}" worked ${entry.succeeded} times and failed ${entry.failed} times`,
        data: { kind: 'runbook', entry },
      })),
  };
}

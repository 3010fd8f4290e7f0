/** What helped before in a like case: evidence to check again, never an instruction. */
import type { Incident, RunbookEntry } from '../incident/incident.ts';
import type { Runbook } from '../incident/runbook.ts';
import type { Source } from './gather.ts';

export function makePastSource({ runbook }: { runbook: Pick<Runbook, 'similar'> }): Source {
  return {
    name: 'runbook',
    query: ({ incident }) => queryOf(incident),
    read: async ({ incident, now }) => {
      const { target, diagnosis } = incident;
      // Of a diagnosis that did not help, or knew nothing, there is nothing to recognise.
      const category = diagnosis && diagnosis.category !== 'unknown' ? diagnosis.category : null;
      const entries = await runbook.similar({ target, alerts: namesOf(incident), category });
      return entries.map((entry) => ({
        source: 'runbook',
        query: queryOf(incident),
        at: now.toISOString(),
        status: 'ok',
        reading: readingOf(entry),
        data: { kind: 'runbook', entry },
      }));
    },
  };
}

const namesOf = ({ alerts }: Incident) => [...new Set(alerts.map(({ name }) => name))].toSorted();

function queryOf(incident: Incident): string {
  return `runbook entries of ${incident.target}, and of others with ${namesOf(incident).join(', ')}`;
}

function readingOf({ action, signature, succeeded, failed, recent, match, lastSeen }: RunbookEntry): string {
  const today = recent ? ` (worth ${recent.succeeded} and ${recent.failed} today)` : '';
  const counts = `worked ${succeeded} times and failed ${failed} times${today}`;
  return `${match ? `${match}: ` : ''}${action} on "${signature}" ${counts}, last on ${lastSeen.slice(0, 10)}`;
}

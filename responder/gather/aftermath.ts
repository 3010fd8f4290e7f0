/** How the target's indicators went on after they were evidence: read once more when the incident ends, for whoever reads of it. */
import type { Prometheus } from '../clients/prometheus.ts';
import { wordsOf } from '../errors.ts';
import type { Aftermath, Evidence, Incident, SignalData } from '../incident/incident.ts';
import type { Source } from './gather.ts';
import { makeMetricSources } from './metrics.ts';

/** It is for the eye alone: an incident does not wait long for it. */
const DEADLINE_MS = 2_000;

interface Options {
  prometheus: Pick<Prometheus, 'raw' | 'range'>;
  clock: () => Date;
}

/** Never throws: what could not be read is said in `problem`. */
export function makeReadAftermath({ prometheus, clock }: Options) {
  const sources = makeMetricSources({ prometheus });
  return async (incident: Incident): Promise<Aftermath> => {
    const known = incident.evidence.flatMap((item) => {
      const signal = signalOf(item);
      return signal ? [{ id: item.id, signal }] : [];
    });
    const asked = sources.filter(({ name }) => known.some(({ signal }) => signal.name === name));
    const question = { incident, target: null, now: clock(), signal: AbortSignal.timeout(DEADLINE_MS) };
    const answers = await Promise.allSettled(asked.map((source) => signalsOf(source, question)));
    const failed = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [wordsOf(answer.reason)] : [],
    );
    const read = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    return {
      series: known.flatMap(({ id, signal }) => {
        const now = read.find(({ name, instance }) => name === signal.name && instance === signal.instance);
        return now && now.series.length > 0 ? [{ evidence: id, series: now.series }] : [];
      }),
      problem: failed[0] ?? null,
    };
  };
}

async function signalsOf(source: Source, question: Parameters<Source['read']>[0]): Promise<SignalData[]> {
  const findings = await source.read(question);
  return findings.flatMap(({ data }) => (data.kind === 'signal' && data.signal ? [data.signal] : []));
}

function signalOf({ data }: Pick<Evidence, 'data'>): SignalData | null {
  return data.kind === 'signal' ? data.signal : null;
}

/** The log as a sink: one line a stage. */
import type { Logger } from 'pino';
import type { Sink } from './announce.ts';

/** @param publicUrl how people reach the pages; without it the news carry no link. */
export function makeLogSink({
  log,
  publicUrl,
}: {
  log: Pick<Logger, 'info' | 'warn'>;
  publicUrl?: string | undefined;
}): Sink {
  return {
    name: 'log',
    tell({ incident, stage, result, say, state, outcome, ms }) {
      const fields = {
        incident: incident.id,
        target: incident.target,
        stage,
        result,
        state,
        ms: Math.round(ms),
        ...(publicUrl && { url: `${publicUrl}/incidents/${incident.id}` }),
      };
      const isForAPerson = outcome !== null && outcome !== 'resolved' && outcome !== 'no_action';
      if (isForAPerson || result === 'ask' || result === 'take_back_failed')
        log.warn(outcome ? { ...fields, outcome } : fields, say);
      else log.info(outcome ? { ...fields, outcome } : fields, say);
    },
  };
}

/** The log as a sink: one line a stage. */
import type { Logger } from 'pino';
import type { Sink } from './announce.ts';

export function makeLogSink({ log }: { log: Pick<Logger, 'info' | 'warn'> }): Sink {
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
      };
      if (outcome && outcome !== 'resolved' && outcome !== 'no_action') log.warn({ ...fields, outcome }, say);
      else log.info(outcome ? { ...fields, outcome } : fields, say);
    },
  };
}

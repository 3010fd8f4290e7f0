/** A path of metrics or logs is silent and the target is well: what carries the telemetry is broken, not the target. */
import { type Case, citing, type Hypothesis, ofKind, weigh } from './hypothesis.ts';
import { holding } from './signs.ts';
import { symptomsOf } from './symptoms.ts';

/** Asked only where no cause of the target's own was found. */
export function telemetryAbsent(incident: Case): Hypothesis | null {
  const silent = ofKind(incident, 'dependency').filter(
    (e) => e.source === 'telemetry' && e.data.dependency?.healthy === false,
  );
  const paths = new Set(silent.map((e) => e.query));
  const others = holding(incident).some((e) => !paths.has(e.query));
  if (silent.length === 0 || others || symptomsOf(incident).length > 0) return null;
  const health = ofKind(incident, 'health');
  const { confidence, but } = weigh(0.85, [[health.length === 0, 0.25, 'its health endpoint was not asked']]);
  const names = silent.map((e) => e.data.dependency?.name).join(', ');
  return {
    category: 'dependency_failure',
    action: 'NOOP',
    instance: null,
    version: null,
    root_cause: `No data of ${incident.target} comes by ${names}, while nothing else is wrong with it`,
    justification: `Nothing done to ${incident.target} would mend the path; a person should look at what carries it, since the next fault may go unseen.${but}`,
    confidence,
    citations: citing(...silent, ...holding(incident), ...health),
  };
}

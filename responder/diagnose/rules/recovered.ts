/** Every alert was read again and none holds, every instance is healthy and nothing is at its limit: it is over without us. */

import { type Case, citing, type Hypothesis, ofKind } from './hypothesis.ts';
import { symptomsOf } from './symptoms.ts';

/** Asked only where no cause was found. */
export function recovered(incident: Case): Hypothesis | null {
  const alerts = incident.evidence.filter((e) => e.source === 'alert' || e.data.kind === 'alert');
  const health = ofKind(incident, 'health');
  const over =
    alerts.length > 0 &&
    alerts.every((e) => e.status === 'ok' && e.data.kind === 'alert' && e.data.holds === false);
  if (!over || health.length === 0 || symptomsOf(incident).length > 0) return null;
  return {
    category: 'none',
    action: 'NOOP',
    instance: null,
    version: null,
    root_cause: `Nothing is wrong with ${incident.target} any more`,
    justification: 'The alert does not hold any more and the health endpoint answers: it ended by itself.',
    confidence: 0.9,
    citations: citing(...alerts, ...health),
  };
}

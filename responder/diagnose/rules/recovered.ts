/** Every alert was read again and none holds, and every instance is healthy: it is over without us. */
import { type Case, type Hypothesis, ofKind } from './hypothesis.ts';

export function recovered(incident: Case): Hypothesis | null {
  const alerts = ofKind(incident, 'alert');
  const health = ofKind(incident, 'health');
  const over = alerts.length > 0 && alerts.every((e) => e.data.holds === false);
  if (!over || health.length === 0 || !health.every((e) => e.data.healthy)) return null;
  return {
    category: 'none',
    action: 'NOOP',
    instance: null,
    root_cause: `Nothing is wrong with ${incident.target} any more`,
    justification: 'The alert does not hold any more and the health endpoint answers: it ended by itself.',
    confidence: 0.9,
    citations: [...alerts, ...health].map((e) => e.id),
  };
}

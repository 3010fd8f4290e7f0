/** Which SLIs have to be good again, and whose samples count. Pure. */
import type { ActionRecord, Incident } from '../incident/incident.ts';
import { concerns, type Objective, objectiveOf } from '../incident/sli.ts';

export interface Watched {
  objective: Objective;
  /** Whether a series, by its labels, is one of those that have to be good. */
  covers: (labels: Record<string, string>) => boolean;
}

/**
 * Of each alert that names its SLI, resolved ones too: that Alertmanager says so is no proof of ours. For a sender that
 * knows no SLI (the direct body), those whose rules held when the evidence was gathered, on the instance acted upon.
 */
export function objectivesOf(
  { alerts, evidence, target }: Pick<Incident, 'alerts' | 'evidence' | 'target'>,
  { action, instance }: Pick<ActionRecord, 'action' | 'instance'>,
): Watched[] {
  const promised = alerts.flatMap((alert): Watched[] => {
    const objective = objectiveOf(alert);
    return objective ? [{ objective, covers: (labels) => concerns(alert, target, labels) }] : [];
  });
  if (promised.length > 0) return promised;
  // A release and the number of instances are the service's: then all its series have to be good.
  const acted = { labels: { service: target, ...(action === 'RESTART' && { instance }) } };
  return evidence.flatMap(({ data }): Watched[] => {
    if (data.kind !== 'alert' || !data.objective) return [];
    const { sli, threshold } = data.objective;
    const objective = objectiveOf({ annotations: { sli, threshold: String(threshold) } });
    return objective ? [{ objective, covers: (labels) => concerns(acted, target, labels) }] : [];
  });
}

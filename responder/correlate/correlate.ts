/** Which target an alert is about. A pure function of the alert and the inventory. */
import type { Alert, Target } from '../incident/incident.ts';

export { makeReconcile } from './reconcile.ts';

/** In this order: the first label that an alert carries names its target. */
const LABELS = ['service', 'service_name', 'container_name', 'job'] as const;

export interface Correlation {
  target: string;
  reason: string;
}
export type Correlate = (alert: Alert, targets: Target[]) => Correlation;

/**
 * The target is a service; a label that names one of its instances (a container, a process) means the service too.
 * A name outside the inventory is kept as it is: the incident then ends with a person, refused by a guard.
 */
export const correlate: Correlate = (alert, targets) => {
  const label = LABELS.find((name) => alert.labels[name]);
  if (!label)
    return { target: 'unknown', reason: `no label of ${LABELS.join(', ')} says whom ${alert.name} is about` };
  const value = alert.labels[label] as string;
  const known =
    targets.find((t) => t.name === value) ?? targets.find((t) => t.instances.some((i) => i.id === value));
  const reason = `label ${label}="${value}"`;
  return known
    ? { target: known.name, reason }
    : { target: value, reason: `${reason}, which is not in the inventory` };
};

/** Whether a service still needs an instance that was added for a surge. */
import type { Prometheus } from '../clients/prometheus.ts';
import type { Target } from '../incident/incident.ts';
import { quote } from '../incident/sli.ts';

/** The share of their request slots that the others may use once they carry it all. */
const COMFORTABLE = 0.7;

/** @returns the reason why it is needed, or null. A service that tells no utilization is judged by the time alone. Throws AEGIS_UPSTREAM. */
export function makeStillNeeded({
  prometheus,
  inventory,
}: {
  prometheus: Pick<Prometheus, 'instant'>;
  inventory: () => Promise<Target[]>;
}) {
  return async (target: string, instance: string): Promise<string | null> => {
    const instances = (await inventory()).find((one) => one.name === target)?.instances ?? [];
    const others = instances.filter(({ id }) => id !== instance);
    if (others.length === 0) return 'it is the only instance';
    const told = await prometheus.instant(`service:concurrency_utilization:max{service=${quote(target)}}`);
    if (told.length === 0) return null;
    // One that is listed and tells nothing may be down: it takes over no load.
    const serving = others.filter(({ id }) => told.some(({ labels }) => labels.instance === id)).length;
    if (serving === 0) return 'none of the others tells that it serves';
    const share = told.reduce((sum, { points }) => sum + (points.at(-1)?.[1] ?? Number.NaN), 0) / serving;
    return share <= COMFORTABLE
      ? null
      : `the other ${serving} instance(s) would be used to ${Math.round(share * 100)} %, more than ${COMFORTABLE * 100} %`;
  };
}

/**
 * What Alertmanager holds against what we believe: resolved messages can be lost, inhibited or silenced, and an incident
 * can be closed too soon. Runs by a timer on every replica; each step is safe to repeat.
 */
import type { Alertmanager, KnownAlert } from '../clients/alertmanager.ts';
import { episodeOf } from '../incident/incident.ts';
import type { FiringEpisode, Reconciliation } from '../incident/reconciliation.ts';

interface Options {
  alertmanager: Alertmanager;
  reconciliation: Reconciliation;
  /** A younger Alertmanager has not been told everything again, so what it does not know may well be there; in ms. */
  trustMs: number;
  /** So long after a close an alert may go on firing before it counts as not recovered. */
  stillFiringSeconds: number;
  /** Of this machine: `startedAt` comes from Alertmanager's own, so the age is only roughly right, which will do. */
  now?: () => number;
}

/** One round. Throws AEGIS_UPSTREAM or AEGIS_DATABASE_DOWN. */
export function makeReconcile(options: Options): () => Promise<void> {
  const { alertmanager, reconciliation, trustMs, stillFiringSeconds, now = Date.now } = options;
  let missingBefore = new Set<string>();
  return async () => {
    const [open, closed] = await Promise.all([
      reconciliation.open(),
      reconciliation.closed(stillFiringSeconds),
    ]);
    if (open.length === 0 && closed.length === 0) return;
    const known = await alertmanager.alerts();
    await followUps(reconciliation, closed, known);
    const held = new Set(known.map(episodeOf));
    const missing = open.filter((episode) => !held.has(episodeOf(episode)));
    // Twice in a row: between two of our questions a group may just have been on its way to us.
    const ended = missing.filter((episode) => missingBefore.has(episodeOf(episode)));
    missingBefore = new Set(missing.map(episodeOf));
    if (ended.length === 0) return;
    if (now() - (await alertmanager.startedAt()).getTime() < trustMs) return;
    await reconciliation.resolve(ended);
  };
}

async function followUps(
  reconciliation: Reconciliation,
  closed: (FiringEpisode & { closedAt: string })[],
  known: KnownAlert[],
): Promise<void> {
  const active = new Set(known.filter((alert) => alert.active).map(episodeOf));
  for (const episode of closed)
    if (active.has(episodeOf(episode)))
      await reconciliation.followUp(
        episode,
        `Not recovered: ${episode.name} of ${episode.target} still fires, though ${episode.incidentId} was closed at ${episode.closedAt}`,
      );
}

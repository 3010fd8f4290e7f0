/**
 * A process that computes and does nothing else: its event loop has no rest, or never returns (then it gives no answer at
 * all, and only its CPU time tells). A restart ends it, unless it is load or a release that keeps it busy.
 */
import { BUSY_CORES, EVENT_LOOP_SATURATED } from '../../incident/sli.ts';
import { type Case, citing, type EvidenceOf, type Hypothesis, ofKind, percent, weigh } from './hypothesis.ts';
import { releasesOf } from './releases.ts';
import { onsetOf } from './series.ts';
import { busyLoopOf, containerOf, holding, isYoung, silenceOf, trafficOf } from './signs.ts';

/** A loop was at rest before when it was at most this share as busy as it is since. */
const RESTED = 0.8;

export function cpuSaturation(incident: Case): Hypothesis | null {
  return wedged(incident) ?? saturated(incident);
}

function wedged(incident: Case): Hypothesis | null {
  for (const container of ofKind(incident, 'container')) {
    const hypothesis = wedgedProcess(incident, container);
    if (hypothesis) return hypothesis;
  }
  return null;
}

function wedgedProcess(incident: Case, container: EvidenceOf<'container'>): Hypothesis | null {
  const { data } = container;
  const cores = data.cores ?? 0;
  if (data.container?.state !== 'running' || isYoung(container) || cores < BUSY_CORES) return null;
  const { instance } = data.container;
  const { health, scrape, evidence } = silenceOf(incident, instance);
  if (health === false || !(health || scrape)) return null;
  const { confidence, but } = weigh(0.9, [
    [health === null, 0.1, 'its health endpoint was not asked'],
    [scrape !== true, 0.1, 'its last scrape is not known to have failed'],
  ]);
  return {
    category: 'cpu_saturation',
    action: 'RESTART',
    instance,
    version: null,
    root_cause: `${instance} computes without end (${cores.toFixed(2)} CPU cores) and gives no answer: its event loop is blocked`,
    justification: `Its process runs and uses a whole CPU, while nobody gets an answer; it will not end by itself, a restart ends it.${but}`,
    confidence,
    citations: citing(container, ...evidence, ...holding(incident)),
  };
}

function saturated(incident: Case): Hypothesis | null {
  const loop = busyLoopOf(incident);
  if (!loop) return null;
  const container = containerOf(incident, loop.instance);
  if (container && container.data.container?.state !== 'running') return null;
  const traffic = trafficOf(incident);
  if (traffic.word === 'grew') return null; // more work than it can do: a surge
  const onset = onsetOf(loop.points, EVENT_LOOP_SATURATED);
  const releases = releasesOf(incident, { points: loop.points, onset, low: RESTED });
  const holds = holding(incident);
  const { confidence, but } = weigh(0.9, [
    [container === null, 0.1, 'the state of its process is not known'],
    [container !== null && isYoung(container), 0.3, 'it was started seconds ago'],
    [holds.length === 0, 0.1, 'no alert holds'],
    [traffic.word === 'unseen', 0.2, 'whether there is more traffic is not known'],
    [!releases.seen, 0.1, 'what was released is not known'],
    [releases.suspect !== null, 0.35, `it began after the release of ${releases.suspect?.change.to}`],
  ]);
  const steady = traffic.word === 'steady' ? ', though there is no more traffic than before' : '';
  return {
    category: 'cpu_saturation',
    action: 'RESTART',
    instance: loop.instance,
    version: null,
    root_cause: `The event loop of ${loop.instance ?? incident.target} is busy for ${percent(loop.value)} of the time${steady}`,
    justification: `Something in the process computes without end; a restart ends it.${but}`,
    confidence,
    citations: citing(...loop.evidence, container, ...holds, ...traffic.evidence, ...releases.evidence),
  };
}

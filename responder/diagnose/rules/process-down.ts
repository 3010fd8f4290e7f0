/** The process is gone, or it runs and does nothing at all: nothing says why, and starting it anew is the cure there is. */

import { crashLoopsIn, killedTooOftenIn, type Stop, stoppedIn, tellExit } from '../../incident/crashes.ts';
import { BUSY_CORES } from '../../incident/sli.ts';
import { type Case, citing, type EvidenceOf, type Hypothesis, ofKind, weigh } from './hypothesis.ts';
import { holding, IDLE_CORES, isYoung, silenceOf } from './signs.ts';

export function processDown(incident: Case): Hypothesis | null {
  // One that its supervisor starts again and again is not cured by one start more.
  const { evidence } = incident;
  const given = [killedTooOftenIn(evidence), ...crashLoopsIn(evidence)].map((one) => one?.instance);
  const all = ofKind(incident, 'container').filter((e) => !given.includes(e.data.container?.instance));
  const stops = stoppedIn(evidence);
  const isStop = (e: EvidenceOf<'container'>) => stops.some((s) => s.instance === e.data.container?.instance);
  const gone = all.filter((e) => e.data.container?.state === 'exited');
  const died = gone.find((e) => !isStop(e));
  if (died) return exited(incident, died);
  if (gone[0] && stops[0]) return stopped(incident, gone[0], stops[0]);
  const stuck = all.map((e) => stuckProcess(incident, e)).filter((hypothesis) => hypothesis !== null);
  return stuck.toSorted((a, b) => b.confidence - a.confidence)[0] ?? null;
}

function exited(incident: Case, gone: EvidenceOf<'container'>): Hypothesis | null {
  if (!gone.data.container) return null;
  const { instance, reason } = gone.data.container;
  const silent = ofKind(incident, 'health').find((e) => e.data.instance === instance && !e.data.healthy);
  const holds = holding(incident);
  return {
    category: 'process_down',
    action: 'RESTART',
    instance,
    version: null,
    root_cause: `${instance} is not running: ${reason}`,
    justification: `The runtime says that ${instance} exited${silent ? ' and its health endpoint gives no answer' : ''}; starting it again is the only cure there is.`,
    confidence: 0.75 + (silent ? 0.15 : 0) + (holds.length > 0 ? 0.08 : 0),
    citations: citing(gone, silent, ...holds),
  };
}

/** Whoever stopped it had a reason, which nobody else knows. */
function stopped(
  incident: Case,
  gone: EvidenceOf<'container'>,
  { instance, last, evidence }: Stop,
): Hypothesis {
  return {
    category: 'process_down',
    action: 'NOOP',
    instance,
    version: null,
    root_cause: `${instance} ${tellExit(last)}, and nobody has started it since`,
    justification:
      'Somebody stopped it, so it is not started against their will. Start it when it is wanted again; a silence in Alertmanager says beforehand that a stop is meant.',
    confidence: 0.9,
    citations: citing(gone, evidence, ...holding(incident)),
  };
}

/** It runs, gives no answer and uses no CPU: it waits for something that does not come. One that is busy is wedged instead. */
function stuckProcess(incident: Case, container: EvidenceOf<'container'>): Hypothesis | null {
  const { data } = container;
  if (data.container?.state !== 'running' || isYoung(container)) return null;
  const { instance } = data.container;
  const { health, scrape, evidence } = silenceOf(incident, instance);
  const cores = data.cores ?? Number.NaN;
  if (cores >= BUSY_CORES || health === false || scrape === false || !(health || scrape)) return null;
  const { confidence, but } = weigh(0.8, [
    [health === null, 0.15, 'its health endpoint was not asked'],
    [scrape === null, 0.15, 'what its last scrape gave is not known'],
    [Number.isNaN(cores), 0.15, 'how much CPU it uses is not known'],
    [cores > IDLE_CORES, 0.15, 'it does use some CPU'],
  ]);
  const holds = holding(incident);
  const used = Number.isNaN(cores) ? '' : `, with ${cores.toFixed(2)} CPU cores in use`;
  return {
    category: 'process_down',
    action: 'RESTART',
    instance,
    version: null,
    root_cause: `${instance} runs and gives no answer${used}: it is stuck`,
    justification: `Its process waits for something that does not come, and starting it anew is the cure there is.${but}`,
    confidence,
    citations: citing(container, ...evidence, ...holds),
  };
}

/**
 * Memory near its limit in a process that runs (for one that is dead see process-down). A restart clears it whatever holds
 * the memory, unless the process was started a moment ago: then it would only come back.
 */
import { MEMORY_NEAR_LIMIT } from '../../incident/sli.ts';
import {
  type Case,
  citing,
  type EvidenceOf,
  type Hypothesis,
  lastValue,
  percent,
  signals,
} from './hypothesis.ts';
import { containerOf, holding, isYoung, nowOf } from './signs.ts';

const CLEAR_RISE = 0.1;
const TOO_YOUNG =
  'The process was started seconds ago and is full already: another restart would buy seconds, so a person has to look at what it holds.';

export function memoryLeak(incident: Case): Hypothesis | null {
  const now = (e: EvidenceOf<'signal'>) => nowOf(incident, e);
  const near = signals(incident, 'memory_utilization').filter((e) => now(e) > MEMORY_NEAR_LIMIT);
  const worst = near.toSorted((a, b) => now(b) - now(a))[0];
  if (!worst?.data.signal) return null;
  const { instance, series } = worst.data.signal;
  const container = containerOf(incident, instance);
  if (container && container.data.container?.state !== 'running') return null;
  // Full again within seconds of its start, it would be full again after the next one, too.
  const young = container !== null && isYoung(container);
  const first = Math.min(...series.map(([, value]) => value));
  const rose = lastValue(worst) - first > CLEAR_RISE;
  const holds = holding(incident);
  return {
    category: 'memory_leak',
    action: young ? 'NOOP' : 'RESTART',
    instance,
    version: null,
    root_cause: `${instance ?? incident.target} holds memory that it does not give back: ${percent(lastValue(worst))} of its limit`,
    justification: young ? TOO_YOUNG : justify(worst, first, rose),
    confidence: 0.6 + (container ? 0.1 : 0) + (holds.length > 0 ? 0.15 : 0) + (rose ? 0.1 : 0),
    citations: citing(worst, container, ...holds),
  };
}

function justify(worst: EvidenceOf<'signal'>, first: number, rose: boolean): string {
  const now = percent(lastValue(worst));
  const how = rose ? `rose from ${percent(first)} to ${now}` : `stands at ${now}`;
  return `Memory ${how} of the limit while the process runs; a restart frees it before the limit kills the process.`;
}

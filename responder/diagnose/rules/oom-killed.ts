/**
 * The kernel killed an instance at its memory limit, and its supervisor started it again before anybody looked. While it is
 * well there is nothing to do but to say so; if that happens again and again, a person has to. Memory that is full again
 * is a leak that was caught in time (see memory-leak).
 */
import { type Kill, killedTooOftenIn, survivedKillIn, tellExit } from '../../incident/crashes.ts';
import { startOf } from '../../incident/freshness.ts';
import { type Case, citing, type Hypothesis, ofKind, signals } from './hypothesis.ts';
import { containerOf, holding } from './signs.ts';
import { symptomsOf } from './symptoms.ts';

const CONFIDENCE = 0.9;

export function oomKilled(incident: Case): Hypothesis | null {
  const often = killedTooOftenIn(incident.evidence);
  if (often) {
    const others = often.ends > often.kills ? ` and ${often.ends - often.kills} of another kind` : '';
    return {
      ...claim(incident, often),
      root_cause: `${often.instance} ${tellExit(often.last)}; ${often.kills} such exits${others} within an hour, and what fills its memory is still there`,
      justification:
        'To start it again cures nothing, which its supervisor has done each time: a person has to find what fills its memory, or to raise the limit.',
    };
  }
  const survived = survivedKillIn(incident.evidence);
  if (!survived || symptomsOf(incident).length > 0) return null;
  return {
    ...claim(incident, survived),
    root_cause: `${survived.instance} ${tellExit(survived.last)}, ${since(incident, survived)}; it runs and is well`,
    justification:
      'What filled its memory is still there: find it (look at what grew before the kill), or raise the limit. If it is killed three times within an hour, a person is called.',
  };
}

function claim(incident: Case, { instance, evidence }: Kill) {
  const container = containerOf(incident, instance);
  const told = [...signals(incident, 'memory_utilization'), ...signals(incident, 'up')].filter(
    (e) => e.data.signal?.instance === instance,
  );
  const health = ofKind(incident, 'health').filter((e) => e.data.instance === instance);
  return {
    category: 'memory_leak' as const,
    action: 'NOOP' as const,
    instance,
    version: null,
    confidence: CONFIDENCE,
    citations: citing(evidence, container, ...told, ...health, ...holding(incident)),
  };
}

/** A kill may also hit one process of several, and leave the instance running. */
function since({ evidence }: Case, { instance, last }: Kill): string {
  const started = Date.parse(startOf(evidence, instance) ?? '');
  return started < Date.parse(last.at)
    ? 'which ended a process in it and not the instance itself'
    : 'and its supervisor started it again';
}

/**
 * The rules for evidence of any origin: what other people's signals, logs, changes and containers tell. Hypotheses are scored
 * by what speaks for and against each; the best must beat whatever would do something else by a margin, else it is unknown.
 */
import { type Case, citing, type Hypothesis } from '../rules/hypothesis.ts';
import { changed } from './changed.ts';
import { looping } from './crash-loop.ts';
import { inside } from './inside.ts';
import { load } from './load.ts';
import { FELT, nothing, onlyTold, watchdog } from './nothing.ts';
import { outside } from './outside.ts';
import { type Scene, sceneOf } from './scene.ts';
import { standstills } from './tracks.ts';

/** Below this nothing is claimed. */
const LEAST = 0.5;
/** Two that would do different things must be so far apart. */
const MARGIN = 0.06;
/** So much less sure is what only the logs tell, while all that is measured is as usual. */
const CALM = 0.3;

/** All hypotheses, the surest first. */
export function generalHypotheses(incident: Case): Hypothesis[] {
  return hypothesesOf(sceneOf(incident));
}

export function diagnoseGenerally(incident: Case): Hypothesis {
  const answer = best(incident);
  const remembers = incident.evidence.some((e) => e.data.kind === 'runbook');
  if (answer.action === 'NOOP' || !remembers) return answer;
  // What is remembered may take something away, but never make something else the answer.
  const unswayed = best({
    ...incident,
    evidence: incident.evidence.filter((e) => e.data.kind !== 'runbook'),
  });
  const isSame = answer.action === unswayed.action && answer.target === unswayed.target;
  return isSame
    ? answer
    : unknown(incident, answer, `${unswayed.action} is likelier, and did not help before`);
}

function best(incident: Case): Hypothesis {
  const all = generalHypotheses(incident);
  const [first] = all;
  if (!first || first.confidence < LEAST)
    return unknown(incident, first, 'nothing that was seen is clear enough');
  const rival = all.find((one) => one.action !== first.action || (one.target ?? '') !== (first.target ?? ''));
  // Where one of them would do nothing, the doubt is its ally.
  const margin = rival && first.action !== 'NOOP' ? MARGIN : 0;
  if (rival && first.confidence - rival.confidence < margin)
    return unknown(incident, first, `${first.category} and ${rival.category} explain it equally well`);
  return first;
}

function hypothesesOf(scene: Scene): Hypothesis[] {
  const guard = watchdog(scene);
  if (guard) return [guard];
  const told = onlyTold(scene);
  if (told) return [told];
  const all = [
    ...changed(scene),
    ...inside(scene),
    ...load(scene),
    ...looping(scene),
    ...outside(scene),
    ...nothing(scene),
  ];
  return (isCalm(scene) ? all.map(doubted) : all).toSorted((a, b) => b.confidence - a.confidence);
}

/** What users feel is measured, and nothing that is measured has left its level: what the logs say hurts nobody. */
function isCalm({ tracks, body, down, kind }: Scene): boolean {
  const felt = tracks.filter(({ role }) => FELT.includes(role));
  const runs = body === null || body.state === 'running' || (kind === 'job' && body.exitCode === 0);
  return (
    runs &&
    down.length === 0 &&
    felt.length > 0 &&
    standstills(tracks).length === 0 &&
    tracks.every(({ state }) => state === 'normal' || state === 'unknown')
  );
}

function doubted(claim: Hypothesis): Hypothesis {
  if (claim.category === 'none') return claim;
  const confidence = Number(Math.max(0.05, claim.confidence - CALM).toFixed(2));
  return {
    ...claim,
    confidence,
    justification: `${claim.justification} But nothing that is measured has left its level.`,
  };
}

function unknown({ target, evidence }: Case, best: Hypothesis | undefined, why: string): Hypothesis {
  return {
    category: 'unknown',
    action: 'NOOP',
    instance: null,
    version: null,
    root_cause: `${target}: not known, since ${why}`,
    justification: `A person should look${best ? `; the likeliest is ${best.category}: ${best.root_cause}` : ''}.`,
    confidence: 0.2,
    citations: best?.citations ?? citing(...evidence.filter((e) => e.data.kind === 'alert')),
  };
}

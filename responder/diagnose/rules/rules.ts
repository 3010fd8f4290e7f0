/**
 * The diagnoser that needs no model. What our own sources gathered is judged by rules that know every name in it; evidence of
 * any other origin, and what those do not recognise, by the general ones.
 */
import { diagnoseGenerally, generalHypotheses } from '../general/general.ts';
import type { Case, Hypothesis } from './hypothesis.ts';
import { diagnoseOwn, ownHypotheses } from './own.ts';

/** A general rule's word about our own evidence is worth telling from here on. */
const WORTH_TELLING = 0.6;

export function diagnoseByRules(incident: Case): Hypothesis {
  if (!isOwn(incident)) return diagnoseGenerally(incident);
  const own = diagnoseOwn(incident);
  // What was tried and did not help leaves a person, whatever else could be said of it.
  if (own.category !== 'unknown' || incident.tried.length > 0) return own;
  const guess = diagnoseGenerally(incident);
  // It may name a cause outside; to act on our own evidence takes the rules that know it.
  const tells = guess.action === 'NOOP' && guess.category !== 'unknown' && guess.category !== 'none';
  return tells && guess.confidence >= WORTH_TELLING ? { ...guess, isGuess: true } : own;
}

/** Everything that could be, the surest first: a model is told of it. */
export function hypothesesByRules(incident: Case): Hypothesis[] {
  const own = isOwn(incident) ? ownHypotheses(incident) : [];
  return own.length > 0 ? own : generalHypotheses(incident);
}

/** An outside case has a subject; and only our own sources ask a health endpoint or read an alert's expression again. */
function isOwn({ evidence, subject }: Case): boolean {
  return (
    subject === undefined ||
    evidence.some(
      ({ source, data }) =>
        source === 'metrics' ||
        data.kind === 'health' ||
        data.kind === 'exit' ||
        (data.kind === 'alert' && data.holds !== null),
    )
  );
}

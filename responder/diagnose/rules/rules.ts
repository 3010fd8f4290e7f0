/** The diagnoser that needs no model: the best hypothesis, if it is clearly the best, else an honest "not sure". */
import { type Case, type Hypothesis, ofKind, type Rule } from './hypothesis.ts';
import { memoryLeak } from './memory-leak.ts';
import { processDown } from './process-down.ts';
import { recovered } from './recovered.ts';

const RULES: Rule[] = [memoryLeak, processDown, recovered];
/** Two causes this near to each other are not told apart. */
const MARGIN = 0.1;

export function diagnoseByRules(incident: Case): Hypothesis {
  const hypotheses = RULES.map((rule) => rule(incident))
    .filter((hypothesis) => hypothesis !== null)
    .sort((a, b) => b.confidence - a.confidence);
  const [best, second] = hypotheses;
  if (!best) return unknown(incident, 'no rule recognises what was seen');
  if (second && second.action !== best.action && best.confidence - second.confidence < MARGIN)
    return unknown(incident, `${best.category} and ${second.category} explain it equally well`);
  return best;
}

function unknown(incident: Case, why: string): Hypothesis {
  const alerts = ofKind(incident, 'alert');
  return {
    category: 'unknown',
    action: 'NOOP',
    instance: null,
    root_cause: `Not known: ${why}`,
    justification: `A person should look: ${why}.`,
    confidence: 0,
    citations: alerts.map((e) => e.id),
  };
}

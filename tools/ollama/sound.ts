/** Whether an answer is one that may be given at all, whoever gave it. */
import { allowedActions, chosen } from '../../responder/diagnose/allowed.ts';
import { diagnoseByRules } from '../../responder/diagnose/diagnose.ts';
import type { Case } from '../../responder/diagnose/rules/hypothesis.ts';
import type { Diagnosed } from '../diagnose/answer.ts';

/** @returns null, or why it may not */
export function isSound(answer: Diagnosed | { error: string }, incident: Case): string | null {
  if ('error' in answer) return answer.error;
  const ids = new Set(incident.evidence.map(({ id }) => id));
  const missing = answer.citations.filter((id) => !ids.has(id));
  if (missing.length > 0) return `it cites ${missing.join(', ')}`;
  if (!(answer.confidence >= 0 && answer.confidence <= 1)) return `its confidence is ${answer.confidence}`;
  if (answer.action === 'NOOP' || answer.provider === 'rules') return null;
  const options = allowedActions(incident, diagnoseByRules(incident));
  const alike = options.filter(({ action, target }) => action === answer.action && target === answer.target);
  const [first] = alike;
  return first && chosen(options, first)
    ? null
    : `${answer.action} of ${answer.target} is none of what may be chosen`;
}

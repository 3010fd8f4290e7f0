/**
 * How far whoever diagnosed may act alone. Rules do, and so does a cloud model, among actions whose preconditions hold (another
 * guard's word). A local model, and any model whose evidence holds words that speak to it, acts alone only where the rules would
 * do the very same; else a person is asked.
 */
import type { RulesWord } from '../incident/incident.ts';
import type { PlannedAction } from '../incident/verdict.ts';
import { type Facts, no, type Word, yes } from './facts.ts';

export function authority({ diagnosis, planned, policy, target, approval }: Facts): Word {
  const { provider, authority: whose = 'rules', rules, asked } = diagnosis;
  if (whose === 'rules') return yes('the rules diagnosed it');
  if (whose === 'cloud') return yes(`${provider} may choose among actions whose preconditions hold`);
  const who =
    whose === 'flagged'
      ? `the evidence holds words that speak to ${provider} (${asked?.flags.join(', ') || 'of no known kind'})`
      : `${provider} is a local model`;
  if (rules && agrees(rules, planned) && rules.confidence >= policy.minConfidence)
    return yes(`${who}, and the rules would do the same (confidence ${rules.confidence})`);
  if (target?.autonomy !== 'auto')
    return yes(`${who}, and with autonomy ${target?.autonomy} nobody acts alone anyway`);
  const { action } = planned;
  if (approval?.decision === 'approved')
    return yes(`${who}; ${action} was approved by ${approval.decidedBy}`);
  if (approval?.decision === 'rejected') return no(`${action} was rejected by ${approval.decidedBy}`);
  const others = rules
    ? `the rules say ${rules.category} -> ${rules.action} (confidence ${rules.confidence})`
    : 'what the rules say is not known';
  return { ...no(`${who}, and ${others}: ${action} waits for a yes`), ask: true };
}

/** The very same: the action, the release, and the instance where both name one. */
function agrees({ action, instance, version }: RulesWord, planned: PlannedAction): boolean {
  return (
    action === planned.action &&
    (instance === null || planned.instance === null || instance === planned.instance) &&
    (action !== 'ROLLBACK' || version === planned.version)
  );
}

/**
 * The rules for what our own sources have gathered, where names, freshness and instances are known exactly: the best
 * hypothesis, if it is clearly the best, else an honest "not sure".
 */
import { badRelease } from './bad-release.ts';
import { cpuSaturation } from './cpu-saturation.ts';
import { crashLoop } from './crash-loop.ts';
import { dbContention } from './db-contention.ts';
import { type Case, type Hypothesis, ofKind, type Rule } from './hypothesis.ts';
import { memoryLeak } from './memory-leak.ts';
import { oomKilled } from './oom-killed.ts';
import { processDown } from './process-down.ts';
import { recovered } from './recovered.ts';
import { resourceExhaustion } from './resource-exhaustion.ts';
import { telemetryAbsent } from './telemetry-absent.ts';
import { trafficSurge } from './traffic-surge.ts';

/** Each tells its cause from its near misses by evidence, and is silent where another's decisive evidence is there. */
const CAUSES: Rule[] = [
  memoryLeak,
  oomKilled,
  crashLoop,
  processDown,
  cpuSaturation,
  dbContention,
  resourceExhaustion,
  badRelease,
  trafficSurge,
];
/** What is left to say where none of them stands. */
const WITHOUT_A_CAUSE: Rule[] = [telemetryAbsent, recovered];
/** Two causes this near to each other are not told apart. */
const MARGIN = 0.1;

/** All that is claimed, the surest first. */
export function ownHypotheses(incident: Case): Hypothesis[] {
  const causes = ask(CAUSES, incident);
  return causes.length > 0 ? causes : ask(WITHOUT_A_CAUSE, incident);
}

export function diagnoseOwn(incident: Case): Hypothesis {
  const hypotheses = ownHypotheses(incident);
  const left = hypotheses.filter((hypothesis) => !wasTried(hypothesis, incident));
  const [best, second] = left;
  if (!best) {
    const tried = hypotheses[0];
    return unknown(
      incident,
      tried
        ? `${tried.action} of ${tried.instance ?? incident.target} was tried and did not help`
        : 'no rule recognises what was seen',
    );
  }
  if (second && second.action !== best.action && best.confidence - second.confidence < MARGIN)
    return unknown(incident, `${best.category} and ${second.category} explain it equally well`);
  return best;
}

/** What the rules claim, the surest first. */
function ask(rules: Rule[], incident: Case): Hypothesis[] {
  return rules
    .map((rule) => rule(incident))
    .filter((hypothesis) => hypothesis !== null)
    .sort((a, b) => b.confidence - a.confidence);
}

/** What did not help once does not help the second time. A RESTART is of one instance, the others are of the service. */
function wasTried({ action, instance }: Hypothesis, { tried }: Case): boolean {
  if (action === 'NOOP') return false;
  return tried.some(
    (one) =>
      one.action === action && (action !== 'RESTART' || instance === null || one.instance === instance),
  );
}

function unknown(incident: Case, reason: string): Hypothesis {
  const alerts = ofKind(incident, 'alert');
  const { evidence } = incident;
  const unread = evidence.filter(({ status }) => status === 'error').length;
  const why =
    unread > 0 ? `${reason}, and ${unread} of ${evidence.length} sources could not be read` : reason;
  return {
    category: 'unknown',
    action: 'NOOP',
    instance: null,
    version: null,
    root_cause: `Not known: ${why}`,
    justification: `A person should look: ${why}.`,
    confidence: 0,
    citations: alerts.map((e) => e.id),
  };
}

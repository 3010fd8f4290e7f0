/** Evidence -> diagnosis. Whoever diagnoses, the answer is checked: every citation must exist, or the claim is dropped. */
import { wordsOf } from '../errors.ts';
import type { Diagnosis, Evidence, Incident } from '../incident/incident.ts';
import type { Case, Hypothesis } from './rules/hypothesis.ts';

export { diagnoseByRules } from './rules/rules.ts';

/** One diagnoser. It may throw: then the next one is asked, and the reason is kept. */
export interface Provider {
  name: string;
  diagnose: (incident: Case, signal: AbortSignal) => Promise<Hypothesis> | Hypothesis;
}

export interface Diagnosed {
  result: 'diagnosed';
  say: string;
  found: { diagnosis: Diagnosis };
}

/** @param providers in the order of asking; the last one must not fail. */
export function makeDiagnose({ providers }: { providers: Provider[] }) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Diagnosed> => {
    const fallthrough: Diagnosis['fallthrough'] = [];
    for (const provider of providers) {
      try {
        const { target, evidence } = incident;
        const answer = await provider.diagnose({ target, evidence }, signal);
        const diagnosis = { ...checked(answer, evidence), target, provider: provider.name, fallthrough };
        return { result: 'diagnosed', say: sentence(diagnosis), found: { diagnosis } };
      } catch (error) {
        fallthrough.push({ provider: provider.name, reason: wordsOf(error) });
      }
    }
    throw new Error(
      `no diagnoser answered: ${fallthrough.map((f) => `${f.provider}: ${f.reason}`).join('; ')}`,
    );
  };
}

/** Throws when an answer cites what was never gathered: it is then a story, not a diagnosis. */
function checked(answer: Hypothesis, evidence: Evidence[]): Hypothesis {
  if (!Number.isFinite(answer.confidence)) throw new Error(`its confidence is ${answer.confidence}`);
  const ids = new Set(evidence.map((e) => e.id));
  const missing = answer.citations.filter((id) => !ids.has(id));
  if (missing.length > 0) throw new Error(`it cites ${missing.join(', ')}, which does not exist`);
  return { ...answer, confidence: Math.min(1, Math.max(0, Number(answer.confidence.toFixed(2)))) };
}

function sentence(d: Diagnosis): string {
  return `${d.category} -> ${d.action} (${d.provider}, confidence ${d.confidence}): ${d.root_cause}`;
}

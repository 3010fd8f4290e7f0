/** Evidence -> diagnosis. Whoever diagnoses, the answer is checked: every citation must exist, or the claim is dropped. */
import { wordsOf } from '../errors.ts';
import { exitsIn, stoppedIn } from '../incident/crashes.ts';
import {
  actionsMade,
  type Diagnosis,
  type Evidence,
  endedSince,
  type Incident,
} from '../incident/incident.ts';
import type { Case, Hypothesis } from './rules/hypothesis.ts';

export { diagnoseByRules } from './rules/rules.ts';

/** One diagnoser. It may throw: then the next one is asked, and the reason is kept. */
export interface Provider {
  name: string;
  diagnose: (incident: Case, signal: AbortSignal) => Promise<Hypothesis> | Hypothesis;
}

export interface Diagnosed {
  /** `unsettled`: nothing is recognised yet, and what was just started may look clearer in a moment. */
  result: 'diagnosed' | 'unsettled';
  say: string;
  found: { diagnosis: Diagnosis; unsettledRounds?: number };
  dueInMs?: number;
}

/** A process is that young for so long, in ms: what it replaced may still be in the samples, what it does not yet. */
const YOUNG_MS = 10_000;
/** A supervisor has just started it again, and some programs take that long until they answer, in ms. */
const STARTED_AGAIN_MS = 45_000;
/** What was stopped within these ms is likely just being replaced. */
const REPLACED_MS = 30_000;
/** Between two looks at what is not recognised, in ms; the first ones, and those that follow. */
const SETTLE_MS = { soon: 1_500, later: 5_000 };
/** A second look for everybody; more while something was just started. */
const MOST_ROUNDS = { settled: 1, young: 6, startedAgain: 14 };

/** @param providers in the order of asking; the last one must not fail. */
export function makeDiagnose({ providers }: { providers: Provider[] }) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Diagnosed> => {
    const fallthrough: Diagnosis['fallthrough'] = [];
    for (const provider of providers) {
      try {
        const { target, evidence } = incident;
        const answer = await provider.diagnose({ target, evidence, tried: triedIn(incident) }, signal);
        const diagnosis = { ...checked(answer, evidence), target, provider: provider.name, fallthrough };
        return isUnsettled(incident, diagnosis)
          ? lookAgain(incident, diagnosis)
          : { result: 'diagnosed', say: sentence(diagnosis), found: { diagnosis } };
      } catch (error) {
        fallthrough.push({ provider: provider.name, reason: wordsOf(error) });
      }
    }
    throw new Error(
      `no diagnoser answered: ${fallthrough.map((f) => `${f.provider}: ${f.reason}`).join('; ')}`,
    );
  };
}

/** Before a person is woken with "not known": is it only too early to tell? */
function isUnsettled(incident: Incident, { category, action }: Diagnosis): boolean {
  const { evidence, evidenceAt, unsettledRounds } = incident;
  const isWithin = (ms: number, at: string | null | undefined) =>
    Boolean(at) && Date.parse(evidenceAt ?? '') - Date.parse(at ?? '') < ms;
  // A deploy stops one and starts another in its place.
  const replaced = stoppedIn(evidence).some(({ last }) => isWithin(REPLACED_MS, last.at));
  if (category === 'process_down' && action === 'NOOP' && replaced)
    return unsettledRounds < MOST_ROUNDS.young;
  if (category !== 'unknown') return false;
  const young = evidence.some(
    ({ data }) => data.kind === 'container' && isWithin(YOUNG_MS, data.container?.startedAt),
  );
  const exits = exitsIn(evidence)?.data.exits ?? [];
  const startedAgain =
    actionsMade(incident).length === 0 &&
    exits.some(({ requested, at }) => !requested && isWithin(STARTED_AGAIN_MS, at));
  const { settled, young: some, startedAgain: many } = MOST_ROUNDS;
  return unsettledRounds < (startedAgain ? many : young ? some : settled);
}

function lookAgain({ unsettledRounds }: Incident, diagnosis: Diagnosis): Diagnosed {
  return {
    result: 'unsettled',
    say: `nothing is recognised yet, looking again: ${diagnosis.root_cause}`,
    found: { diagnosis, unsettledRounds: unsettledRounds + 1 },
    dueInMs: unsettledRounds < MOST_ROUNDS.young ? SETTLE_MS.soon : SETTLE_MS.later,
  };
}

/** Had one of them helped, the incident would not be diagnosed again. */
function triedIn(incident: Incident): Case['tried'] {
  return actionsMade(incident)
    .filter((action) => !endedSince(action, incident.evidence))
    .map(({ action, instance }) => ({ action, instance }));
}

/** Throws when an answer cites what was never gathered: it is then a story, not a diagnosis. */
function checked(answer: Hypothesis, evidence: Evidence[]): Hypothesis {
  if (!Number.isFinite(answer.confidence)) throw new Error(`its confidence is ${answer.confidence}`);
  const ids = new Set(evidence.map((e) => e.id));
  const missing = answer.citations.filter((id) => !ids.has(id));
  if (missing.length > 0) throw new Error(`it cites ${missing.join(', ')}, which does not exist`);
  if (answer.action === 'ROLLBACK' && !answer.version)
    throw new Error('it wants a ROLLBACK and does not say to which release');
  const confidence = Math.min(1, Math.max(0, Number(answer.confidence.toFixed(2))));
  return { ...answer, confidence, version: answer.action === 'ROLLBACK' ? answer.version : null };
}

function sentence(d: Diagnosis): string {
  return `${d.category} -> ${d.action} (${d.provider}, confidence ${d.confidence}): ${d.root_cause}`;
}

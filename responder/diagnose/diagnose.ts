/** Evidence -> diagnosis. Whoever diagnoses, the answer is checked: every citation must exist, or the claim is dropped. */
import { wordsOf } from '../errors.ts';
import type { Asked, FallThrough } from '../incident/asked.ts';
import { exitsIn, stoppedIn } from '../incident/crashes.ts';
import { actionsMade, type Diagnosis, endedSince, type Incident } from '../incident/incident.ts';
import { type Circumstances, FellThrough } from './models/ask.ts';
import type { Case, Hypothesis } from './rules/hypothesis.ts';

export { type ModelOptions, makeModelProvider } from './models/ask.ts';
export { makeBreaker, NO_BREAKER } from './models/breaker.ts';
export { makeBudget, NO_BUDGET } from './models/budget.ts';
export { makeCache, NO_CACHE } from './models/cache.ts';
export { makeLookUpSources } from './models/sources.ts';
export { diagnoseByRules, hypothesesByRules } from './rules/rules.ts';

/** One diagnoser. It may throw: then the next one is asked, and the reason is kept. */
export interface Provider {
  name: string;
  /** Of a model: where it runs. Left out: these are rules. */
  authority?: 'cloud' | 'local';
  diagnose: (incident: Case, signal: AbortSignal, given?: Circumstances) => Promise<Answer> | Answer;
}
type Answer = Hypothesis & { asked?: Asked };

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

interface Options {
  /** In the order of asking; the last one must not fail: models are held against it. */
  providers: Provider[];
  /** How long all models together may take, in ms. */
  modelMs?: number;
  /** Who is not asked at all, and why. */
  absent?: FallThrough[];
}

export function makeDiagnose({ providers, modelMs = 0, absent = [] }: Options) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Diagnosed> => {
    const { target, evidence } = incident;
    const subject: Case = { target, evidence, tried: triedIn(incident) };
    const models = providers.filter(({ authority }) => authority);
    const rules = models.length > 0 ? await providers.at(-1)?.diagnose(subject, signal) : undefined;
    const fallthrough: Diagnosis['fallthrough'] = [...absent];
    // Nobody who costs is asked about what is only too early to tell.
    if (rules) {
      const early = { ...checked(rules, incident), target, provider: 'rules', fallthrough };
      if (isUnsettled(incident, rules)) return lookAgain(incident, early);
    }
    const until = performance.now() + modelMs;
    let left = models.length;
    for (const provider of providers) {
      try {
        const answer =
          rules && provider.authority
            ? await provider.diagnose(subject, signal, {
                ...factsOf(incident),
                rules,
                ms: share(until, left--),
              })
            : (rules ?? (await provider.diagnose(subject, signal)));
        const diagnosis = {
          ...{ ...checked(answer, incident), target, provider: provider.name, fallthrough },
          ...(rules && provider.authority ? besides(provider.authority, answer, rules) : {}),
        };
        return !rules && isUnsettled(incident, answer)
          ? lookAgain(incident, diagnosis)
          : { result: 'diagnosed', say: sentence(diagnosis), found: { diagnosis } };
      } catch (error) {
        if (signal.aborted) throw error;
        fallthrough.push({ provider: provider.name, ...reasonOf(error) });
      }
    }
    throw new Error(
      `no diagnoser answered: ${fallthrough.map((f) => `${f.provider}: ${f.reason}`).join('; ')}`,
    );
  };
}

const factsOf = ({ id: incidentId, startsAt }: Incident) => ({ incidentId, startsAt });

/** Of what is left each gets an equal part, so that one who hangs does not eat the others' time. */
function share(until: number, left: number): number {
  return Math.max(1, (until - performance.now()) / left);
}

function reasonOf(error: unknown): Omit<FallThrough, 'provider'> {
  const reason = wordsOf(error);
  return error instanceof FellThrough ? { reason, why: error.why, asked: error.asked } : { reason };
}

/** Whose word it is, what was asked, and what the rules say to the same evidence. */
function besides(
  authority: 'cloud' | 'local',
  { asked }: Answer,
  { category, action, instance, version, confidence, root_cause }: Hypothesis,
): Pick<Diagnosis, 'authority' | 'asked' | 'rules'> {
  return {
    authority: asked && asked.flags.length > 0 ? 'flagged' : authority,
    asked,
    rules: { category, action, instance, version, confidence, root_cause },
  };
}

/** Before a person is woken with "not known": is it only too early to tell? */
function isUnsettled(incident: Incident, { category, action, isGuess }: Hypothesis): boolean {
  const { evidence, evidenceAt, unsettledRounds } = incident;
  const isWithin = (ms: number, at: string | null | undefined) =>
    Boolean(at) && Date.parse(evidenceAt ?? '') - Date.parse(at ?? '') < ms;
  // A deploy stops one and starts another in its place.
  const replaced = stoppedIn(evidence).some(({ last }) => isWithin(REPLACED_MS, last.at));
  if (category === 'process_down' && action === 'NOOP' && replaced)
    return unsettledRounds < MOST_ROUNDS.young;
  if (category !== 'unknown' && !isGuess) return false;
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
function checked(
  { asked: _asked, isGuess: _guess, ...answer }: Answer,
  { evidence, target }: Incident,
): Hypothesis {
  if (!Number.isFinite(answer.confidence)) throw new Error(`its confidence is ${answer.confidence}`);
  const ids = new Set(evidence.map((e) => e.id));
  const missing = answer.citations.filter((id) => !ids.has(id));
  if (missing.length > 0) throw new Error(`it cites ${missing.join(', ')}, which does not exist`);
  if (answer.action === 'ROLLBACK' && !answer.version)
    throw new Error('it wants a ROLLBACK and does not say to which release');
  const confidence = Math.min(1, Math.max(0, Number(answer.confidence.toFixed(2))));
  const version = answer.action === 'ROLLBACK' ? answer.version : null;
  const found = { ...answer, confidence, version };
  return answer.target && answer.target !== target ? leftToAPerson(found, answer.target) : found;
}

/** What would help is to be done elsewhere: an incident is about its own target. */
function leftToAPerson(answer: Hypothesis, elsewhere: string): Hypothesis {
  const { action, version, justification } = answer;
  if (action === 'NOOP') return answer;
  const what = `${action} of ${elsewhere}${version ? ` to ${version}` : ''}`;
  return {
    ...{ ...answer, action: 'NOOP', instance: null, version: null },
    justification: `${what} may help, which is not what this incident is about: a person should decide. ${justification}`,
  };
}

function sentence({ category, action, provider, confidence, root_cause, rules }: Diagnosis): string {
  const other =
    rules && (rules.action !== action || rules.category !== category)
      ? `; the rules say ${rules.category} -> ${rules.action}`
      : '';
  return `${category} -> ${action} (${provider}, confidence ${confidence}${other}): ${root_cause}`;
}

/** One bundle -> one answer: whoever is asked first and answers. */
import type { Provider } from '../../responder/diagnose/diagnose.ts';
import { caseOf } from '../../responder/diagnose/from-bundle.ts';
import { wordsOf } from '../../responder/errors.ts';
import { parseBundle } from '../../responder/incident/bundle.ts';

/** Longer than any provider takes by its own deadline, in ms. */
const PATIENCE_MS = 60_000;

type Case = ReturnType<typeof caseOf>;
type Found = Awaited<ReturnType<Provider['diagnose']>>;

export interface Diagnosed {
  root_cause: string;
  category: Found['category'];
  action: Found['action'];
  /** What is to be acted on: the culprit need not be what alerted. */
  target: string;
  justification: string;
  confidence: number;
  citations: string[];
  provider: string;
  fallthrough: { provider: string; reason: string }[];
  evidence: { id: string; kind: string; reading: string }[];
}

/** @param read gives the text of the bundle; what it throws is told like any other error. @param patienceMs for each provider */
export async function answerTo(
  read: () => Promise<string>,
  providers: Provider[],
  patienceMs = PATIENCE_MS,
): Promise<Diagnosed | { error: string }> {
  try {
    return await ask(caseOf(parseBundle(await read())), providers, patienceMs);
  } catch (error) {
    return { error: wordsOf(error) };
  }
}

async function ask(incident: Case, providers: Provider[], patienceMs: number): Promise<Diagnosed> {
  const fallthrough: Diagnosed['fallthrough'] = [];
  for (const { name, diagnose } of providers) {
    try {
      const found = await diagnose(incident, AbortSignal.timeout(patienceMs));
      return answerOf(found, incident, name, fallthrough);
    } catch (error) {
      fallthrough.push({ provider: name, reason: wordsOf(error) });
    }
  }
  throw new Error(
    `no diagnoser answered: ${fallthrough.map((f) => `${f.provider}: ${f.reason}`).join('; ')}`,
  );
}

function answerOf(
  found: Found,
  { target, evidence }: Case,
  provider: string,
  fallthrough: Diagnosed['fallthrough'],
): Diagnosed {
  const ids = new Set(evidence.map(({ id }) => id));
  const missing = found.citations.filter((id) => !ids.has(id));
  if (missing.length > 0) throw new Error(`it cites ${missing.join(', ')}, which does not exist`);
  return {
    root_cause: found.root_cause,
    category: found.category,
    action: found.action,
    target: found.target ?? target,
    justification: found.justification,
    confidence: Number(found.confidence.toFixed(2)),
    citations: found.citations,
    provider,
    fallthrough,
    evidence: evidence.map(({ id, data, reading }) => ({ id, kind: data.kind, reading })),
  };
}

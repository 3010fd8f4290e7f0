/** Incident -> evidence: all sources at once under one deadline. Silence and failure are evidence too. */
import { wordsOf } from '../errors.ts';
import {
  type Evidence,
  enumerate,
  episodeOf,
  type Finding,
  type Incident,
  type Target,
} from '../incident/incident.ts';
import { patternsFinding } from '../incident/text/with-patterns.ts';

export { makeReadAftermath } from './aftermath.ts';
export { makeReadBreach } from './breach.ts';
export { makeSources } from './sources.ts';

/** What a source is asked about. */
export interface Question {
  incident: Incident;
  /** Null when the inventory does not know the target. */
  target: Target | null;
  now: Date;
  signal: AbortSignal;
}
/** One source. It may throw or be late: that becomes a finding. */
export interface Source {
  name: string;
  /** What it asks, in words that a person could repeat. */
  query: (question: Question) => string;
  read: (question: Question) => Promise<Finding[]>;
}

interface Options {
  sources: Source[];
  inventory: () => Promise<Target[]>;
  deadlineMs: number;
  clock: () => Date;
}

export interface Gathered {
  result: 'gathered';
  say: string;
  found: { evidence: Evidence[]; evidenceAt: string; seen: string[] };
}

export function makeGather({ sources, inventory, deadlineMs, clock }: Options) {
  return async (incident: Incident, { signal }: { signal: AbortSignal }): Promise<Gathered> => {
    const target = (await inventory()).find((t) => t.name === incident.target) ?? null;
    const now = clock();
    const question = {
      incident,
      target,
      now,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
    };
    const answers = await Promise.all(sources.map((source) => readOne(source, question, deadlineMs)));
    const findings = answers.flat();
    // What all sources have of logs, put together. The alert's own start is the only onset known here.
    const patterns = patternsFinding(findings, { onset: incident.startsAt, at: now.toISOString() });
    const evidence = enumerate(patterns ? [...findings, patterns] : findings);
    const failed = evidence.filter((e) => e.status === 'error').length;
    return {
      result: 'gathered',
      say: `${evidence.length} pieces of evidence from ${sources.length} sources${failed ? `, ${failed} failed` : ''}`,
      found: { evidence, evidenceAt: now.toISOString(), seen: incident.alerts.map(episodeOf) },
    };
  };
}

async function readOne(source: Source, question: Question, deadlineMs: number): Promise<Finding[]> {
  const { signal } = question;
  const base = { source: source.name, query: source.name, at: question.now.toISOString() };
  const late = new Promise<never>((_, reject) => {
    const tooLate = () => reject(new Error(`no answer within ${deadlineMs} ms`));
    if (signal.aborted) tooLate();
    else signal.addEventListener('abort', tooLate, { once: true });
  });
  try {
    base.query = source.query(question);
    const findings = await Promise.race([late, source.read(question)]);
    if (findings.length > 0) return findings;
    return [{ ...base, status: 'no_data', reading: `${source.name}: no data`, data: { kind: 'failure' } }];
  } catch (error) {
    late.catch(() => undefined); // nobody waits for it any more
    const reading = `${source.name} failed: ${wordsOf(error)}`;
    return [{ ...base, status: 'error', reading, data: { kind: 'failure' } }];
  }
}

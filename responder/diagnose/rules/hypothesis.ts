/** What every rule gives: a claim with its evidence, or nothing where its pattern is not there. */
import type { Action, Category, Evidence, EvidenceData } from '../../incident/incident.ts';

export interface Hypothesis {
  category: Category;
  action: Action;
  instance: string | null;
  /** For a ROLLBACK: the release to go back to. */
  version: string | null;
  /** What is to be acted on; left out: what the case is about. The culprit need not be what alerted. */
  target?: string;
  /** Told by general signs alone: another look may tell more. */
  isGuess?: boolean;
  root_cause: string;
  justification: string;
  /** 0 to 1: the share of what the rule wants to see that was seen. */
  confidence: number;
  citations: string[];
}
/** An action of this incident that did not help. */
export interface Tried {
  action: Action;
  instance: string;
}
/** What is asked about, beyond its name. */
export interface Subject {
  kind: 'container' | 'deployment' | 'database' | 'node' | 'job' | 'other';
  version: string | null;
  replicas: number | null;
  alerts: CaseAlert[];
  /** The newest moment that the evidence speaks of, ISO 8601. */
  now: string;
}
/** An alert in its sender's words. */
export interface CaseAlert {
  name: string;
  severity: string;
  summary: string;
  /** ISO 8601; null where nobody says. */
  startsAt: string | null;
  labels: Record<string, string>;
}
export interface Case {
  target: string;
  evidence: Evidence[];
  tried: Tried[];
  /** Left out where the evidence is all that is known. */
  subject?: Subject;
}
export type Rule = (incident: Case) => Hypothesis | null;

type Kind = EvidenceData['kind'];
export type EvidenceOf<K extends Kind> = Evidence & { data: Extract<EvidenceData, { kind: K }> };

/** All evidence of one kind that was really read. */
export function ofKind<K extends Kind>({ evidence }: Pick<Case, 'evidence'>, kind: K): EvidenceOf<K>[] {
  return evidence.filter((e): e is EvidenceOf<K> => e.data.kind === kind && e.status === 'ok');
}

/** The series of one signal. */
export function signals(incident: Pick<Case, 'evidence'>, name: string): EvidenceOf<'signal'>[] {
  return ofKind(incident, 'signal').filter((e) => e.data.signal?.name === name);
}

export function lastValue(e: EvidenceOf<'signal'>): number {
  return e.data.signal?.series.at(-1)?.[1] ?? Number.NaN;
}

/** One doubt: whether it applies, what it costs, and its words. */
export type Doubt = [applies: boolean, cost: number, words: string];

/** Full confidence less every doubt that applies, and the doubts in words (with a space before them, or nothing). */
export function weigh(full: number, doubts: Doubt[]): { confidence: number; but: string } {
  const real = doubts.filter(([applies]) => applies);
  const confidence = Math.max(0.1, full - real.reduce((sum, [, cost]) => sum + cost, 0));
  const but = real.length > 0 ? ` But ${real.map(([, , words]) => words).join('; ')}.` : '';
  return { confidence: Number(confidence.toFixed(2)), but };
}

export function citing(...evidence: (Evidence | null | undefined)[]): string[] {
  return [...new Set(evidence.flatMap((e) => (e ? [e.id] : [])))];
}

export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

/** What every rule gives: a claim with its evidence, or nothing where its pattern is not there. */
import type { Action, Category, Evidence, EvidenceData } from '../../incident/incident.ts';

export interface Hypothesis {
  category: Category;
  action: Action;
  instance: string | null;
  root_cause: string;
  justification: string;
  /** 0 to 1: the share of what the rule wants to see that was seen. */
  confidence: number;
  citations: string[];
}
export interface Case {
  target: string;
  evidence: Evidence[];
}
export type Rule = (incident: Case) => Hypothesis | null;

type Kind = EvidenceData['kind'];
export type EvidenceOf<K extends Kind> = Evidence & { data: Extract<EvidenceData, { kind: K }> };

/** All evidence of one kind that was really read. */
export function ofKind<K extends Kind>({ evidence }: Case, kind: K): EvidenceOf<K>[] {
  return evidence.filter((e): e is EvidenceOf<K> => e.data.kind === kind && e.status === 'ok');
}

/** The series of one signal. */
export function signals(incident: Case, name: string): EvidenceOf<'signal'>[] {
  return ofKind(incident, 'signal').filter((e) => e.data.signal?.name === name);
}

export function lastValue(e: EvidenceOf<'signal'>): number {
  return e.data.signal?.series.at(-1)?.[1] ?? Number.NaN;
}

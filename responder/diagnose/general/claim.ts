/** A hypothesis put together from what speaks for it and what speaks against it, each with its evidence and its words. */
import type { Action, Category, Evidence } from '../../incident/incident.ts';
import { citing, type Hypothesis } from '../rules/hypothesis.ts';
import type { Track } from './tracks.ts';

/** Whether it applies, what it weighs, its words, and the evidence. */
export type Reason = [
  applies: boolean,
  weight: number,
  words: string,
  evidence?: (Evidence | null | undefined)[] | undefined,
];

export interface Claim {
  category: Category;
  action: Action;
  cause: string;
  /** What the cure does, or why there is none here. */
  cure: string;
  /** How sure the bare pattern makes, 0 to 1. */
  base: number;
  pro: Reason[];
  con: Reason[];
  cites: (Evidence | null | undefined)[];
  instance?: string | null;
  target?: string;
  version?: string | null;
}

const MOST = 0.95;
const LEAST = 0.05;

export function claimed(claim: Claim): Hypothesis {
  const pro = claim.pro.filter(([applies]) => applies);
  const con = claim.con.filter(([applies]) => applies);
  const sum = (reasons: Reason[]) => reasons.reduce((all, [, weight]) => all + weight, 0);
  const confidence = Math.min(MOST, Math.max(LEAST, claim.base + sum(pro) - sum(con)));
  const told = [claim.cure, wordsOf('For it speaks', pro), wordsOf('Against it', con)]
    .filter(Boolean)
    .join(' ');
  return {
    category: claim.category,
    action: claim.action,
    instance: claim.instance ?? null,
    version: claim.version ?? null,
    ...(claim.target !== undefined && { target: claim.target }),
    root_cause: claim.cause,
    justification: told,
    confidence: Number(confidence.toFixed(2)),
    citations: citing(...claim.cites, ...[...pro, ...con].flatMap(([, , , evidence]) => evidence ?? [])),
  };
}

function wordsOf(title: string, reasons: Reason[]): string {
  return reasons.length > 0 ? `${title}: ${reasons.map(([, , words]) => words).join('; ')}.` : '';
}

/** That there are such signals, in their own words. */
export function shown(weight: number, tracks: Track[]): Reason {
  return [tracks.length > 0, weight, tracks.map(toldOf).join(', '), evidenceOf(tracks)];
}

export function evidenceOf(tracks: Track[]): Evidence[] {
  return tracks.map(({ evidence }) => evidence);
}

/** `memory_utilization 0.31 -> 0.87` */
export function toldOf({ name, from, to }: { name: string; from: number; to: number }): string {
  return Number.isNaN(from) ? `${name} ${short(to)}` : `${name} ${short(from)} -> ${short(to)}`;
}

export function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** The counts that were reached, kept beside the scenarios: a change that makes fewer of them right is seen. */
import { join } from 'node:path';
import { ROOT } from '../stack/context.ts';
import type { Evaluation } from './report.ts';
import { countsOf } from './score.ts';

export const COUNTS = join(ROOT, 'test/scenarios/counts.json');

export interface Kept {
  scenarios: number;
  /** These may rise. */
  rightAction: number;
  rightCategory: number;
  restOnTheirEvidence: number;
  stayWithNoise: number;
  stayWithStranger: number;
  stayWithCounters: number;
  /** These may fall. */
  actedWrongly: number;
  actedOnHealthy: number;
}

export function keptOf({ judged, robustness }: Evaluation): Kept {
  const { all, rightAction, rightCategory, actedWrongly, actedOnHealthy } = countsOf(judged);
  const { stays } = robustness;
  return {
    ...{ scenarios: all, rightAction, rightCategory },
    restOnTheirEvidence: robustness.rests,
    stayWithNoise: stays.noise,
    stayWithStranger: stays.stranger,
    stayWithCounters: stays.counters,
    ...{ actedWrongly, actedOnHealthy },
  };
}

/** What is worse than it was, in words; scenarios that were added make a count rise, and it is to be kept anew. */
export function worseThan(kept: Kept, now: Kept): string[] {
  const rising = [
    'scenarios',
    'rightAction',
    'rightCategory',
    'restOnTheirEvidence',
    'stayWithNoise',
    'stayWithStranger',
    'stayWithCounters',
  ] as const;
  const falling = ['actedWrongly', 'actedOnHealthy'] as const;
  return [
    ...rising.filter((name) => now[name] < kept[name]),
    ...falling.filter((name) => now[name] > kept[name]),
  ].map((name) => `${name} was ${kept[name]} and is ${now[name]}`);
}

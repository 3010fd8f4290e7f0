/** How good answers are, counted. Pure. */
import { ACTIONS, type Action, type Category } from '../../responder/incident/vocabulary.ts';
import type { Expected } from './scenarios.ts';

export interface Answer {
  action: Action;
  category: Category;
  target: string;
  confidence: number;
}
export interface Judged {
  name: string;
  expected: Expected;
  answer: Answer;
}

/** Right is the action, and for one that does something also what it is done to: the wrong container restarted is no half success. */
export function isRight({ expected, answer }: Judged): boolean {
  return answer.action === expected.action && (answer.action === 'NOOP' || answer.target === expected.target);
}
export function isCategory({ expected, answer }: Judged): boolean {
  return expected.category.includes(answer.category);
}

export interface Label {
  label: string;
  /** Of those answered so, the share that is right; of those that should be, the share answered so. NaN where there is none. */
  precision: number;
  recall: number;
  said: number;
  should: number;
}

export function actionLabels(judged: Judged[]): Label[] {
  return ACTIONS.map((action) =>
    labelOf(
      action,
      judged.filter(({ answer }) => answer.action === action),
      judged.filter(({ expected }) => expected.action === action),
      isRight,
    ),
  );
}

/** By the first of the accepted categories. */
export function categoryLabels(judged: Judged[]): Label[] {
  const names = new Set(
    judged.flatMap(({ answer, expected }) => [answer.category, expected.category[0] as Category]),
  );
  return [...names].toSorted().map((category) =>
    labelOf(
      category,
      judged.filter(({ answer }) => answer.category === category),
      judged.filter(({ expected }) => expected.category[0] === category),
      isCategory,
    ),
  );
}

function labelOf(label: string, said: Judged[], should: Judged[], right: (one: Judged) => boolean): Label {
  const share = (some: Judged[]) =>
    some.length === 0 ? Number.NaN : some.filter(right).length / some.length;
  return { label, precision: share(said), recall: share(should), said: said.length, should: should.length };
}

export interface Counts {
  all: number;
  rightAction: number;
  rightCategory: number;
  /** Answered with "not known", and those of them where nothing else would have been right. */
  abstained: number;
  abstainedRightly: number;
  /** Something was done where nothing should have been: the mistake that costs most. */
  actedWrongly: number;
  /** Of the healthy and the unanswerable, those where something was done. */
  actedOnHealthy: number;
}

export function countsOf(judged: Judged[]): Counts {
  const count = (of: (one: Judged) => boolean) => judged.filter(of).length;
  const calm = ({ expected }: Judged) => expected.kind === 'healthy' || expected.kind === 'unanswerable';
  return {
    all: judged.length,
    rightAction: count(isRight),
    rightCategory: count(isCategory),
    abstained: count(({ answer }) => answer.category === 'unknown'),
    abstainedRightly: count(
      ({ answer, expected }) => answer.category === 'unknown' && expected.action === 'NOOP',
    ),
    actedWrongly: count((one) => one.answer.action !== 'NOOP' && !isRight(one)),
    actedOnHealthy: count((one) => calm(one) && one.answer.action !== 'NOOP'),
  };
}

export interface Bin {
  from: number;
  to: number;
  count: number;
  confidence: number;
  right: number;
}

/** Ten bins; a calibrated answer of confidence 0.8 is right 8 times of 10. */
export function calibrationOf(judged: Judged[]): { bins: Bin[]; error: number } {
  const bins = Array.from({ length: 10 }, (_, i) => {
    const [from, to] = [i / 10, (i + 1) / 10];
    const of = judged.filter(
      ({ answer }) => answer.confidence >= from && (answer.confidence < to || i === 9),
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      ...{ from, to, count: of.length },
      confidence: mean(of.map(({ answer }) => answer.confidence)),
      right: mean(of.map((one) => (isRight(one) ? 1 : 0))),
    };
  }).filter(({ count }) => count > 0);
  const error = bins.reduce(
    (sum, bin) => sum + (bin.count / judged.length) * Math.abs(bin.confidence - bin.right),
    0,
  );
  return { bins, error };
}

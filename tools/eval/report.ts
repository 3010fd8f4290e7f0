/** The evaluation in words: what a person reads on the terminal, and the same as JSON. Pure. */
import { quantile } from '../../responder/incident/series.ts';
import {
  actionLabels,
  calibrationOf,
  categoryLabels,
  countsOf,
  isCategory,
  isRight,
  type Judged,
  type Label,
} from './score.ts';

export interface Robustness {
  /** Answers that did something and changed or became less sure once their evidence was gone, of all such. */
  rests: number;
  ofRests: number;
  /** Answers that stayed with noise, with the incident of a stranger, and with counters and clocks beside it, of all. */
  stays: { noise: number; stranger: number; counters: number };
  ofStays: number;
}
export interface Evaluation {
  judged: Judged[];
  robustness: Robustness;
  /** What each answer took, in ms, and that to the largest bundle that is usual: 200 lines, 20 series. */
  tookMs: number[];
  bigMs: number;
}

const percent = (part: number, whole: number) =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
const share = (value: number) => (Number.isNaN(value) ? '  -  ' : value.toFixed(2).padStart(5));

export function reportOf({ judged, robustness, tookMs, bigMs }: Evaluation): string[] {
  const counts = countsOf(judged);
  const of = (part: number) => `${part} of ${counts.all} (${percent(part, counts.all)})`;
  const { bins, error } = calibrationOf(judged);
  const { stays } = robustness;
  const kinds = Map.groupBy(judged, ({ expected }) => expected.kind);
  return [
    `scenarios: ${counts.all} (${[...kinds].map(([kind, some]) => `${some.length} ${kind}`).join(', ')})`,
    `right action: ${of(counts.rightAction)}; always NOOP ${baseline(judged, 'NOOP')}, always RESTART ${baseline(judged, 'RESTART')}`,
    `right category: ${of(counts.rightCategory)}`,
    `not known: ${counts.abstained}, ${counts.abstainedRightly} of them where doing nothing is right`,
    `did something wrong: ${counts.actedWrongly}; on healthy or unanswerable ones: ${counts.actedOnHealthy}`,
    ...[...kinds].map(([kind, some]) => `  ${kind}: ${some.filter(isRight).length} of ${some.length} right`),
    '',
    'label                precision recall  said  should',
    ...[...actionLabels(judged), ...categoryLabels(judged)].map(lineOf),
    '',
    `confidence against truth (mean gap ${error.toFixed(2)}):`,
    ...bins.map(
      (bin) =>
        `  ${bin.from.toFixed(1)}-${bin.to.toFixed(1)}: ${bin.count} answers, said ${bin.confidence.toFixed(2)}, right ${bin.right.toFixed(2)}`,
    ),
    '',
    `without the evidence it cites an answer changes or is less sure: ${robustness.rests} of ${robustness.ofRests}`,
    `an answer stays, of ${robustness.ofStays}: with noise added ${stays.noise}, with a stranger's incident ${stays.stranger}, with counters and clocks ${stays.counters}`,
    `time to an answer: median ${quantile(tookMs, 0.5).toFixed(1)} ms, slowest ${Math.max(...tookMs).toFixed(1)} ms; with 200 log lines and 20 series ${bigMs.toFixed(1)} ms`,
    ...wrongOnes(judged),
  ];
}

function baseline(judged: Judged[], action: 'NOOP' | 'RESTART'): string {
  const always = judged.map((one) => ({ ...one, answer: { ...one.answer, action } }));
  return percent(
    always.filter(({ expected, answer }) => expected.action === answer.action).length,
    judged.length,
  );
}

function lineOf({ label, precision, recall, said, should }: Label): string {
  return `${label.padEnd(21)}${share(precision)}    ${share(recall)}  ${String(said).padStart(4)}  ${String(should).padStart(6)}`;
}

function wrongOnes(judged: Judged[]): string[] {
  const wrong = judged.filter((one) => !isRight(one));
  const other = judged.filter((one) => isRight(one) && !isCategory(one));
  if (wrong.length + other.length === 0) return [];
  return ['', 'not right:', ...[...wrong, ...other].map(tell)];
}

function tell({ name, expected, answer }: Judged): string {
  const right = `${expected.action} ${expected.category.join('|')} ${expected.target}`;
  return `  ${name}: said ${answer.action} ${answer.category} ${answer.target} (${answer.confidence}), right is ${right}`;
}

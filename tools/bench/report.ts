/** What the bench found, for a person and for a program. Pure. */
import type { Measured } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { PARTS } from './split.ts';
import { quantile, type Spread, spreadOf } from './statistics.ts';
import type { Side } from './turns.ts';

/** The median ratio may be no more than this. */
export const LIMIT = 1.3;

const SIDES: Side[] = ['aegisops', 'webhook'];

export interface BenchReport {
  fault: string;
  pairs: number;
  grace_seconds: number;
  /** Engine, Compose, images. */
  on: string;
  /** Each from the breach to a new process' first answer, in ms. */
  times_ms: Record<Side, Spread>;
  /** Of each pair, ours divided by the plain one. */
  ratio: Spread;
  limit: number;
  within_limit: boolean;
  /** Medians: where the time went, and what the responder's stages took until it had acted. */
  parts_ms: Record<Side, Record<string, number>>;
  stages_ms: Record<string, number>;
  turns: Measured[];
}

/** @throws Error where a pair is not whole, or there is none */
export function reportOf(
  turns: Measured[],
  { fault, pairs, graceSeconds }: BenchOptions,
  on: string,
): BenchReport {
  const ratio = spreadOf(pairsOf(turns).map((pair) => pair.ratio));
  const bySide = <T>(value: (own: Measured[]) => T) =>
    Object.fromEntries(
      SIDES.map((side) => [side, value(turns.filter((turn) => turn.side === side))]),
    ) as Record<Side, T>;
  return {
    ...{ fault, pairs, grace_seconds: graceSeconds, on },
    times_ms: bySide((own) => spreadOf(own.map(({ ms }) => ms))),
    ratio,
    limit: LIMIT,
    within_limit: ratio.median <= LIMIT,
    parts_ms: bySide((own) => mediansOf(own.map(({ split }) => ({ ...split })))),
    stages_ms: mediansOf(turns.filter(({ side }) => side === 'aegisops').map(({ stages }) => stages)),
    turns,
  };
}

/** Of each name; one that is missing somewhere counts as 0 there. */
function mediansOf(records: Record<string, number>[]): Record<string, number> {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  const median = (name: string) =>
    quantile(
      records.map((record) => record[name] ?? 0),
      0.5,
    );
  return Object.fromEntries([...names].map((name) => [name, Math.round(median(name))]));
}

function pairsOf(turns: Measured[]) {
  const msOf = (pair: number, side: Side) => {
    const found = turns.find((turn) => turn.pair === pair && turn.side === side);
    if (!found) throw new Error(`pair ${pair} lacks ${side}`);
    return found.ms;
  };
  return [...new Set(turns.map(({ pair }) => pair))].map((pair) => {
    const [aegisops, webhook] = [msOf(pair, 'aegisops'), msOf(pair, 'webhook')];
    return { pair, aegisops, webhook, ratio: aegisops / webhook };
  });
}

/** One line for a turn that was just measured. */
export function lineOf({ pair, side, ms, split }: Measured, pairs: number): string {
  const parts = PARTS.map((part) => `${part} ${Math.round(split[part])}`).join(', ');
  return `pair ${pair} of ${pairs}  ${side.padEnd(8)} ${seconds(ms)}  (ms: ${parts})`;
}

/** Lines for a terminal: each pair, both sides, the ratio, and where the time went. */
export function textOf(report: BenchReport): string[] {
  const { ratio, limit, times_ms, parts_ms, stages_ms } = report;
  const stages = Object.entries(stages_ms).map(([stage, ms]) => `${stage} ${ms}`);
  return [
    ...table([
      ['pair', 'aegisops', 'webhook', 'ratio'],
      ...pairsOf(report.turns).map((pair) => [
        String(pair.pair),
        seconds(pair.aegisops),
        seconds(pair.webhook),
        pair.ratio.toFixed(2),
      ]),
    ]),
    '',
    `From the breach to a new process' first answer: ${report.fault}, ${report.grace_seconds} s of grace`,
    `(${report.pairs} pairs in turn; ${report.on})`,
    ...table([
      ['', 'median', 'half of them', 'all'],
      ...SIDES.map((side) => spreadRow(side, times_ms[side], seconds)),
      spreadRow('ratio', ratio, (value) => value.toFixed(2)),
    ]),
    '',
    'Where it goes: medians in ms, each from the end of the one before',
    ...table([
      ['', ...PARTS],
      ...SIDES.map((side) => [side, ...PARTS.map((part) => String(parts_ms[side][part]))]),
    ]),
    `stages of AegisOps until it had acted: ${stages.join(', ')}`,
    '',
    `median ratio ${ratio.median.toFixed(2)}: ${report.within_limit ? 'within' : 'ABOVE'} the limit of ${limit}`,
  ];
}

function spreadRow(name: string, { median, q1, q3, min, max }: Spread, show: (value: number) => string) {
  return [name, show(median), `${show(q1)} to ${show(q3)}`, `${show(min)} to ${show(max)}`];
}

/** The first column to the left, all others to the right. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measured } from './measure.ts';
import { lineOf, reportOf, textOf } from './report.ts';
import type { Side } from './turns.ts';

const measured = (pair: number, side: Side, ms: number): Measured => ({
  ...{ pair, side, ms, phase: 0.5, breach: 1_793_000_000_000 },
  split: { detected: 500, called: ms - 2_000, ended: 300, started: 400, answered: 800 },
  stages: side === 'aegisops' ? { gather: 100 * pair, guard: 10 } : {},
});
const options = { pairs: 3, fault: 'memory', graceSeconds: 1, json: true } as const;
const turns = [
  measured(1, 'aegisops', 3_000),
  measured(1, 'webhook', 2_500),
  measured(2, 'webhook', 2_000),
  measured(2, 'aegisops', 2_600),
  measured(3, 'aegisops', 2_800),
  measured(3, 'webhook', 2_000),
];

test('the ratio is that of each pair, and its median decides', () => {
  const report = reportOf(turns, options, 'an engine');
  assert.deepEqual(report.ratio, { min: 1.2, q1: 1.25, median: 1.3, q3: 1.35, max: 1.4 });
  assert.equal(report.within_limit, true, 'the limit itself is within');
  assert.equal(report.times_ms.aegisops.median, 2_800);
  assert.equal(report.times_ms.webhook.median, 2_000);
  const slower = turns.map((turn) => (turn.side === 'aegisops' ? { ...turn, ms: turn.ms + 20 } : turn));
  assert.equal(reportOf(slower, options, '').within_limit, false);
});

test('where the time went: medians of each side, and of the stages of ours', () => {
  const { parts_ms, stages_ms } = reportOf(turns, options, '');
  assert.deepEqual(parts_ms.webhook, {
    ...{ detected: 500, called: 0, ended: 300, started: 400, answered: 800 },
  });
  assert.equal(parts_ms.aegisops.called, 800);
  assert.deepEqual(stages_ms, { gather: 200, guard: 10 });
});

test('a pair of which a half is missing has no ratio', () => {
  assert.throws(() => reportOf(turns.slice(0, -1), options, ''), /pair 3 lacks webhook/);
});

test('for a person: a row for each pair, the spread, and the word', () => {
  const text = textOf(reportOf(turns, options, 'an engine'));
  assert.deepEqual(text.slice(0, 4), [
    'pair  aegisops  webhook  ratio',
    '1       3.00 s   2.50 s   1.20',
    '2       2.60 s   2.00 s   1.30',
    '3       2.80 s   2.00 s   1.40',
  ]);
  assert.ok(text.includes('ratio       1.30      1.25 to 1.35      1.20 to 1.40'), text.join('\n'));
  assert.equal(text.at(-1), 'median ratio 1.30: within the limit of 1.3');
  assert.equal(
    lineOf(measured(2, 'webhook', 2_000), 3),
    'pair 2 of 3  webhook  2.00 s  (ms: detected 500, called 0, ended 300, started 400, answered 800)',
  );
});

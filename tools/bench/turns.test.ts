import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turnsOf, untilPhase } from './turns.ts';

test('each pair has both sides, and who is first changes from pair to pair', () => {
  const shown = turnsOf(3).map(({ pair, side }) => `${pair}${side[0]}`);
  assert.deepEqual(shown, ['1a', '1w', '2w', '2a', '3a', '3w']);
});

test('both of a pair begin at the same point between two scrapes, and the pairs are spread over all of it', () => {
  const turns = turnsOf(10);
  for (const { pair, phase } of turns)
    for (const other of turns) if (other.pair === pair) assert.equal(other.phase, phase);
  const phases = [...new Set(turns.map(({ phase }) => phase))].toSorted();
  assert.equal(phases.length, 10);
  const gaps = phases.map((phase, index) => (phases[index + 1] ?? (phases[0] ?? 0) + 1) - phase);
  assert.ok(Math.max(...gaps) < 0.2, gaps.join(', '));
});

test('the wait is never negative and shorter than an interval', () => {
  assert.equal(untilPhase(12_300, 0.5, 1_000), 200);
  assert.equal(untilPhase(12_700, 0.5, 1_000), 800);
  assert.equal(untilPhase(12_000, 0, 1_000), 0);
});

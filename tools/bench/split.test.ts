import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsIn, splitOf } from './split.ts';

const event = (action: string, at: number) => ({ action, at });
const PLAIN = [
  event('exec_start: bash -c true', 1_010),
  event('kill', 1_300),
  event('kill', 2_300),
  event('die', 2_350),
  event('stop', 2_360),
  event('start', 2_600),
  event('restart', 2_601),
];
const seen = (events = PLAIN) => ({ breach: 500, firing: 1_000, events, answeredAt: 3_400 });

test('the parts follow each other and make up the whole; the second signal, after the grace time, is no call', () => {
  const split = splitOf(seen());
  assert.deepEqual(split, { detected: 500, called: 300, ended: 1_050, started: 250, answered: 800 });
  assert.equal(
    Object.values(split).reduce((sum, ms) => sum + ms, 0),
    3_400 - 500,
  );
});

for (const [words, events] of [
  ['killed by the kernel first', [event('oom', 1_200), ...PLAIN]],
  ['started again by its own policy', PLAIN.filter(({ action }) => action !== 'restart')],
  ['restarted twice', [...PLAIN, ...PLAIN]],
  ['not at all', []],
] as const)
  test(`no measurement: ${words}`, () => {
    assert.throws(() => splitOf(seen([...events])), /not plainly restarted/);
  });

test('events as the command line tells them', () => {
  const lines = '{"Type":"container","Action":"die","timeNano":1793000000123456789}\n\nwarning: something\n';
  assert.deepEqual(
    eventsIn(lines).map(({ action, at }) => [action, Math.floor(at)]),
    [['die', 1_793_000_000_123]],
  );
});

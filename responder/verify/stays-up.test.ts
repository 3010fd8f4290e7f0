import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  evidenceOf,
  exitOf,
  exits,
  incidentOf,
  killOf,
  NOW,
  pictureOf,
  stateOf,
} from '../../test/builders.ts';
import type { ExitData } from '../incident/incident.ts';
import { staysUp } from './stays-up.ts';

const BOTH = pictureOf({ instances: [stateOf(), stateOf({ instance: 'shop-2' })] });

/** Acted so many seconds ago on both instances; before that it lived for `livedMs` at the most; since then these ends. */
async function look(
  seconds: number,
  since: ExitData[] = [],
  livedMs: number | null = 2_000,
  longestMs = 50_000,
) {
  const asked: unknown[] = [];
  const ends = exits(
    exitOf({ livedMs }),
    exitOf({ livedMs: 900 }),
    exitOf({ instance: 'shop-9', livedMs: 99_000 }),
  );
  const action = actionOf({ action: 'ROLLBACK', before: BOTH, settledAt: ago(seconds) });
  const readExits = async (...args: unknown[]) => {
    asked.push(args);
    return since;
  };
  const check = await staysUp(
    { readExits, now: NOW, longestMs },
    incidentOf({ evidence: evidenceOf(ends) }),
    action,
  );
  assert.deepEqual(asked, [['shop', seconds]]);
  assert.equal(check.name, 'stays up');
  return check;
}
const resultOf = async (...args: Parameters<typeof look>) => (await look(...args)).result;

test('it has left the loop when it has run for longer than it used to live', async () => {
  assert.equal(await resultOf(6.9), 'unknown');
  assert.deepEqual(await look(7), {
    name: 'stays up',
    result: 'pass',
    reading: 'no end within 7 s, 7 s are wanted',
  });
  assert.equal(await resultOf(5.8, [], null), 'unknown');
  assert.equal(await resultOf(5.9, [], null), 'pass', 'how long it lived is not known of one');
});

test('what used to live for long is not waited for beyond the time to verify', async () => {
  assert.equal(await resultOf(49, [], 100_000), 'unknown');
  assert.equal(await resultOf(50, [], 100_000), 'pass');
});

test('an end since the action is no recovery, whatever the reason, of any of those acted upon', async () => {
  for (const end of [
    exitOf({ at: ago(3) }),
    killOf({ at: ago(3) }),
    exitOf({ at: ago(3), instance: 'shop-2' }),
  ])
    assert.equal(await resultOf(20, [end]), 'fail');
  assert.match(
    (await look(20, [exitOf({ at: ago(3) })])).reading,
    /^shop-1 ended by itself \(exit code 1\) at 11:59:57Z/,
  );
});

test('an end that was asked for, one of another instance and one from before say nothing', async () => {
  for (const end of [
    exitOf({ at: ago(3), requested: true }),
    exitOf({ at: ago(3), instance: 'shop-9' }),
    exitOf({ at: ago(21) }),
  ])
    assert.equal(await resultOf(20, [end]), 'pass');
});

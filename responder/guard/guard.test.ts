import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  alertOf,
  container,
  diagnosisOf,
  evidenceOf,
  exits,
  health,
  instanceOf,
  killOf,
  memory,
  NOW,
  targetOf,
  verdictOf,
} from '../../test/builders.ts';
import type { EvidenceData } from '../incident/incident.ts';
import { hashOf, readBack } from '../incident/verdict.ts';
import type { Guard } from './facts.ts';
import { diagnosed, guardIn, HALTED, HOLD, SILENCE, type World } from './guard.test-helper.ts';
import { makeGuard } from './guard.ts';

const named = (name: string, allowed: boolean): Guard => ({
  name,
  check: () => ({ allowed, reason: `${name} says so` }),
});

test('what every guard allows becomes a ticket for exactly the action that was diagnosed', async () => {
  const { guard, asked } = guardIn();
  const { result, found } = await guard(diagnosed({ attempts: 1 }));
  assert.equal(result, 'allowed');
  const planned = {
    incidentId: 'inc-1',
    attempt: 2,
    action: 'RESTART',
    target: 'shop',
    instance: 'shop-1',
    version: null,
  };
  assert.deepEqual(found.verdict.planned, planned);
  assert.equal(found.verdict.hash, hashOf(found.verdict.planned));
  assert.ok(!('refused' in readBack(found.verdict)));
  assert.equal(found.verdict.checks.length, 10);
  assert.deepEqual(
    asked,
    [['shop', 3_600]],
    'past actions on the target are asked for, as far as cooldown and flapping look back',
  );
});

test('the first refusal wins: later guards are not asked, and it is the reason told', async () => {
  const { guard } = guardIn({
    guards: [named('first', true), named('second', false), named('third', false)],
  });
  const { result, say, found, outcome } = await guard(diagnosed());
  assert.equal(result, 'denied');
  assert.equal(outcome, 'escalated');
  assert.equal(say, 'RESTART on shop-1 refused by second: second says so');
  assert.equal(found.conclusion, say);
  assert.deepEqual(
    found.verdict.checks.map((check) => [check.guard, check.allowed]),
    [
      ['first', true],
      ['second', false],
    ],
  );
});

test('a guard that throws has refused', async () => {
  const broken: Guard = {
    name: 'broken',
    check: () => {
      throw new Error('no such policy');
    },
  };
  const { guard } = guardIn({ guards: [named('first', true), broken, named('third', true)] });
  const { result, found, outcome } = await guard(diagnosed());
  assert.equal(result, 'denied');
  assert.equal(outcome, 'escalated');
  assert.equal(found.verdict.decision, 'deny');
  assert.match(found.conclusion ?? '', /broken: the guard itself broke: no such policy/);
});

test('no guards at all deny', async () => {
  const { guard } = guardIn({ guards: [] });
  assert.equal((await guard(diagnosed())).found.verdict.decision, 'deny');
});

test('halt is looked at before everything else', async () => {
  const { guard } = guardIn({ targets: [], halted: HALTED });
  assert.match((await guard(diagnosed())).say, /refused by halt: halted by kim at noon/);
});

test('a resolved alert ends as no action, every other refusal with a person', async () => {
  const { guard } = guardIn();
  const over = await guard(diagnosed({ alerts: [alertOf({ status: 'resolved' })] }));
  assert.equal(over.result, 'denied');
  assert.equal(over.outcome, 'no_action');
  const stranger = await guardIn({ targets: [targetOf({ name: 'bank' })] }).guard(diagnosed());
  assert.equal(stranger.outcome, 'escalated');
  assert.match(stranger.say, /shop is not in the inventory/);
});

test('what the store says of other incidents reaches the cooldown', async () => {
  const { guard } = guardIn({ recent: [actionOf({ incidentId: 'inc-0', intendedAt: ago(7) })] });
  assert.match((await guard(diagnosed())).say, /refused by cooldown: RESTART on shop-1 was 7 s ago/);
});

test('the only instance of a target is meant where the diagnosis names none; of two, none is', async () => {
  const diagnosis = diagnosisOf({ instance: null });
  const one = await guardIn().guard(diagnosed({ diagnosis }));
  assert.equal(one.found.verdict.planned.instance, 'shop-1');
  const two = targetOf({ instances: [instanceOf('shop-1'), instanceOf('shop-2')] });
  const several = await guardIn({ targets: [two] }).guard(diagnosed({ diagnosis }));
  assert.equal(several.found.verdict.planned.instance, null);
  assert.match(several.say, /refused by inventory/);
});

test('NOOP is never a ticket: nothing wrong is no action, not sure is a person', async () => {
  const { guard } = guardIn();
  const noop = (category: 'none' | 'unknown') =>
    guard(diagnosed({ diagnosis: diagnosisOf({ action: 'NOOP', category, root_cause: 'so it is' }) }));
  const over = await noop('none');
  assert.equal(over.result, 'denied');
  assert.equal(over.outcome, 'no_action');
  assert.equal(over.say, 'Nothing to do: so it is');
  assert.equal(over.found.watchUntil, null);
  assert.ok('refused' in readBack(over.found.verdict));
  const unsure = await noop('unknown');
  assert.equal(unsure.outcome, 'escalated');
  assert.equal(unsure.say, 'A person is needed: so it is');
});

/** Killed for its memory so many seconds ago, started again, and well; its alert looks back at it for a minute. */
async function killed(
  secondsAgo: number[],
  more: EvidenceData[] = [],
  category: 'memory_leak' | 'unknown' = 'memory_leak',
) {
  const objective = { sli: 'memory_utilization', threshold: 0.85 };
  const evidence = evidenceOf(
    { kind: 'alert', expression: 'exits > 0', holds: true, value: 1, objective, windowSeconds: 60 },
    exits(...secondsAgo.map((seconds) => killOf({ at: ago(seconds) }))),
    container({ startedAt: ago(Math.min(...secondsAgo) - 1) }),
    health(true),
    ...more,
  );
  const said = { root_cause: 'shop-1 was killed', justification: 'The leak is still there.' };
  const diagnosis = diagnosisOf({ action: 'NOOP', category, ...said });
  return guardIn().guard(diagnosed({ evidence, diagnosis }));
}

test('killed for memory and well again is no action: told with what to do, and watched until its alert is silent', async () => {
  const { result, outcome, found, say } = await killed([30]);
  assert.deepEqual([result, outcome], ['denied', 'no_action']);
  assert.equal(say, 'Nothing to do now: shop-1 was killed. The leak is still there.');
  assert.equal(found.conclusion, say);
  assert.equal(found.watchUntil, new Date(NOW.getTime() + 70_000).toISOString());
  assert.ok('refused' in readBack(found.verdict));
});

test('whoever says that a kill is over, evidence decides: else a person is told, and nothing is watched', async () => {
  const worlds = [
    killed([30, 900, 1_800]),
    killed([30], [memory([0.4, 0.9])]),
    killed([30], [health(false, 'shop-2')]),
    killed([30], [{ kind: 'alert', expression: 'x', holds: true, value: 1 }]),
    killed([900]),
    killed([30], [], 'unknown'),
  ];
  for (const world of worlds) {
    const { outcome, found, say } = await world;
    assert.deepEqual([outcome, found.watchUntil], ['escalated', undefined]);
    assert.equal(say, 'A person is needed: shop-1 was killed');
  }
});

test('facts that cannot be read break the stage instead of letting anything through', async () => {
  const { options } = guardIn();
  const down = async () => Promise.reject(new Error('no database'));
  const worlds = [
    { halt: down },
    { recentActions: down },
    { cures: down },
    { inventory: down },
    { approvals: { ...options.approvals, of: down } },
    { approvals: { ...options.approvals, holdOn: down } },
  ];
  for (const world of worlds)
    await assert.rejects(makeGuard({ ...options, ...world })(diagnosed()), /no database/);
  await assert.rejects(makeGuard(options)(diagnosed({ diagnosis: null })), /without a diagnosis/);
});

test('evidence that grew too old is gathered again, and nothing is decided', async () => {
  const { result, outcome, found, say } = await guardIn().guard(diagnosed({ evidenceAt: ago(61) }));
  assert.deepEqual([result, outcome, found.conclusion], ['stale', undefined, null]);
  assert.ok('refused' in readBack(found.verdict));
  assert.match(say, /61 s old/);
});

test('just before acting the same guards are asked on fresh facts, about exactly what was allowed', async () => {
  const judged = diagnosed({ verdict: verdictOf() });
  assert.deepEqual(await guardIn().recheck(judged), {
    allowed: true,
    reason: 'autonomy: autonomy is auto',
    gone: false,
    stale: false,
    ask: false,
  });
  const refusals: [World, RegExp][] = [
    [{ halted: HALTED }, /^halt: halted by kim/],
    [{ targets: [targetOf({ enabled: false })] }, /^inventory: .*not opted in/],
    [{ recent: [actionOf({ incidentId: 'inc-0' })] }, /^cooldown: /],
    [{ targets: [targetOf({ autonomy: 'suggest' })] }, /^autonomy: /],
    [{ hold: HOLD }, /^person: lee has shop/],
    [{ silence: SILENCE }, /^person: shop is silenced/],
    [{ cures: 3 }, /^flapping: /],
  ];
  for (const [world, reason] of refusals) {
    const word = await guardIn(world).recheck(judged);
    assert.deepEqual([word.allowed, word.gone, word.stale], [false, false, false]);
    assert.match(word.reason, reason);
  }
  const elsewhere = await guardIn().recheck({ ...judged, verdict: verdictOf({ instance: 'shop-9' }) });
  assert.match(
    elsewhere.reason,
    /shop-9 is no instance of shop/,
    'not the diagnosis is asked about, the verdict is',
  );
});

test('just before acting: resolved meanwhile is over, too old is to be looked at again', async () => {
  const verdict = verdictOf();
  const { recheck } = guardIn();
  const over = await recheck(diagnosed({ verdict, alerts: [alertOf({ status: 'resolved' })] }));
  assert.deepEqual([over.allowed, over.gone], [false, true]);
  const old = await recheck(diagnosed({ verdict, evidenceAt: ago(61) }));
  assert.deepEqual([old.allowed, old.stale], [false, true]);
});

test('the intent of this very action, left by a crash, is no earlier try of it', async () => {
  const intent = actionOf({ state: 'intended', settledAt: null, verdictHash: verdictOf().hash });
  const word = await guardIn().recheck(diagnosed({ verdict: verdictOf(), actions: [intent] }));
  assert.equal(word.allowed, true, word.reason);
});

test('without guards, or without a verdict, nothing is allowed just before acting', async () => {
  assert.equal((await guardIn({ guards: [] }).recheck(diagnosed({ verdict: verdictOf() }))).allowed, false);
  await assert.rejects(guardIn().recheck(diagnosed()), /no verdict to check again/);
});

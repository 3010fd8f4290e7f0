import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, container, evidenceOf, pictureOf, stateOf, verdictOf } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import type { ActionRecord, Incident, InstanceState } from '../incident/incident.ts';
import { decide } from '../incident/verdict.ts';
import { allowed, CALL_MS, HALTED, run, type World } from './remediate.test-helper.ts';

async function stops(incident: Incident, world: World, outcome: string, words: RegExp) {
  const { answer, did } = await run(incident, world);
  assert.ok(!(answer instanceof Error), String(answer));
  assert.deepEqual([answer.result, answer.outcome], ['stopped', outcome]);
  assert.match(answer.say, words);
  assert.equal(answer.found?.conclusion, answer.say);
  assert.equal(answer.attempts, undefined, 'no attempt was made');
  assert.deepEqual(did, [], 'nothing was done, and nothing intended');
}

test('an allowed action is done once: intent before the call, settled after it', async () => {
  const { answer, did, intents } = await run(allowed());
  assert.deepEqual(did, ['intend', 'restart shop-1 (was 100:1)', 'settle done']);
  assert.ok(!(answer instanceof Error));
  assert.equal(answer.result, 'acted');
  assert.equal(answer.attempts, 1);
  assert.match(answer.say, /RESTART on shop-1 is done: process 100 runs; now process 200 runs/);
  const { id, ...intent } = intents[0] as ActionRecord;
  assert.ok(id);
  assert.equal(intent.verdictHash, verdictOf().hash);
  assert.deepEqual(
    intent.before,
    pictureOf({ instances: [stateOf({ version: '2.0.0' })], lastOutput: 'last words of shop-1' }),
  );
  assert.deepEqual(
    [intent.attempt, intent.action, intent.target, intent.runtime],
    [1, 'RESTART', 'shop', 'process'],
  );
});

test('the call is made under the id of its intent, so that it can be told afterwards', async () => {
  let startId = '';
  const restart = async (id: string) => {
    startId = id;
    return stateOf();
  };
  const { intents } = await run(allowed(), { call: restart });
  assert.equal(startId, intents[0]?.id);
});

test('no verdict, a refused one and an altered one make no call at all', async () => {
  const verdict = verdictOf();
  const refusal = { guard: 'halt', allowed: false, reason: '' };
  const bad: [Incident['verdict'], RegExp][] = [
    [null, /no verdict/],
    [decide(verdict.planned, [refusal], ''), /does not allow/],
    [{ ...verdict, checks: [refusal] }, /does not allow/],
    [{ ...verdict, planned: { ...verdict.planned, instance: 'bank-1' } }, /altered/],
  ];
  for (const [one, words] of bad) await stops(allowed({ verdict: one }), {}, 'escalated', words);
});

test('an action that cannot be done makes no call', async () => {
  await stops(allowed({ verdict: verdictOf({ action: 'NOOP' }) }), {}, 'escalated', /NOOP .* cannot be done/);
  const elsewhere = allowed({ verdict: verdictOf({ target: 'bank' }) });
  await stops(elsewhere, {}, 'escalated', /RESTART on bank cannot be done/);
  await stops(allowed({ verdict: verdictOf({ instance: null }) }), {}, 'escalated', /no instance is named/);
});

test('just before acting: over is no action; unreadable, unknown or started anew is a person', async () => {
  await stops(allowed(), { breach: 'gone' }, 'no_action', /it is over: it is gone/);
  await stops(allowed(), { breach: 'unreadable' }, 'escalated', /could not be read again: it is unreadable/);
  await stops(allowed(), { state: stateOf({ state: 'unknown' }) }, 'escalated', /cannot be told/);
  const seen = allowed({ evidence: evidenceOf(container({ identity: '50:7' })) });
  await stops(seen, {}, 'escalated', /started anew since the evidence/);
});

test('just before acting the guards are asked again: what they refuse now is not done', async () => {
  await stops(allowed(), { word: HALTED }, 'escalated', /not allowed any more: halt: halted by kim at noon/);
  await stops(allowed(), { word: { ...HALTED, gone: true } }, 'no_action', /not allowed any more/);
  const { answer, did } = await run(allowed(), { word: { allowed: false, stale: true, reason: 'too old' } });
  assert.deepEqual(did, []);
  assert.ok(!(answer instanceof Error));
  assert.deepEqual([answer.result, answer.outcome], ['stale', undefined]);
  assert.match(answer.say, /Looking again before acting: too old/);
});

test('what cannot be read or written before the call breaks the stage, with no call', async () => {
  for (const what of ['recheck', 'breach', 'inspect', 'intend'] as const) {
    const { answer, did } = await run(allowed(), { fail: { [what]: new Error(`no ${what}`) } });
    assert.ok(answer instanceof Error && answer.message === `no ${what}`);
    assert.ok(!did.some((one) => one.startsWith('restart')), what);
  }
});

test('last words that cannot be read do not keep the patient from being treated', async () => {
  const { did, intents } = await run(allowed(), { tail: async () => Promise.reject(new Error('no file')) });
  assert.equal(intents[0]?.before.lastOutput, '(not readable: no file)');
  assert.equal(did.at(-1), 'settle done');
});

test('with a lease that is lost, or too short for the call, no call is made', async () => {
  for (const world of [{ renewed: false }, { left: CALL_MS - 1 }]) {
    const { answer, did } = await run(allowed(), world);
    assert.ok(answer instanceof AegisError && answer.code === 'AEGIS_LEASE_LOST');
    assert.deepEqual(did, ['intend']);
  }
});

test('a call that fails is settled as failed, and a person is told', async () => {
  const restart = async () => Promise.reject(new AegisError('AEGIS_RUNTIME', 'unit file is gone'));
  const { answer, did } = await run(allowed(), { call: restart });
  assert.equal(did.at(-1), 'settle failed');
  assert.ok(!(answer instanceof Error));
  assert.deepEqual([answer.result, answer.outcome, answer.attempts], ['stopped', 'escalated', 1]);
  assert.match(answer.say, /is failed: unit file is gone/);
});

test('a call during which the lease is lost is left to whoever has it now', async () => {
  const lost = new AbortController();
  const restart = async () => {
    lost.abort();
    throw new Error('aborted');
  };
  const { answer, did } = await run(allowed(), { call: restart, signal: lost.signal });
  assert.ok(answer instanceof Error);
  assert.ok(!did.some((one) => one.startsWith('settle')));
});

test('the action of an earlier verdict is not taken for the one of this', async () => {
  const second = allowed({ verdict: verdictOf({ attempt: 2 }), actions: [actionOf()] });
  assert.equal((await run(second)).did[0], 'intend');
});

test('a call that is cut off by its timeout has no outcome yet: the stage breaks, and is looked at again', async () => {
  const restart = (_id: string, signal: AbortSignal) =>
    new Promise<InstanceState>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const { answer, did } = await run(allowed(), { call: restart, callMs: 10 });
  assert.ok(answer instanceof Error);
  assert.ok(!did.some((one) => one.startsWith('settle')));
});

test('a call that never answers does not hold the stage for ever', { timeout: 300 }, async () => {
  const restart = () => new Promise<InstanceState>(() => {});
  const { did } = await run(allowed(), { call: restart, callMs: 10 });
  assert.ok(!did.some((one) => one === 'settle done'));
});

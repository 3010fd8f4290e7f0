import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../test/builders.ts';
import type { ActiveSilence } from '../clients/alertmanager.ts';
import { makeSilenceOn } from './silences.ts';

type Matcher = ActiveSilence['matchers'][number];
const equal = (name: string, value: string): Matcher => ({ name, value, isRegex: false, isEqual: true });
const like = (name: string, value: string): Matcher => ({ name, value, isRegex: true, isEqual: true });
const not = (matcher: Matcher): Matcher => ({ ...matcher, isEqual: false });
const silenceOf = (matchers: Matcher[], endsAt = ago(-600)): ActiveSilence => ({
  ...{ by: 'lee', comment: 'moving house', endsAt, matchers },
});
const on = (target: string, ...matchers: Matcher[]) =>
  makeSilenceOn({ silences: async () => [silenceOf(matchers)] }, () => NOW)(target);

const CASES: [string, boolean, Matcher[]][] = [
  ['names it', true, [equal('service', 'shop')]],
  ['names another', false, [equal('service', 'bank')]],
  ['names a longer name', false, [equal('service', 'shop-eu')]],
  ['has an expression for it', true, [like('service', 'sh.p|bank')]],
  ['has an expression for everything', true, [like('service', '.*')]],
  ['has an expression for a part of it', false, [like('service', 'sho')]],
  ['has an expression for what ends as it does', false, [like('service', 'op|hop')]],
  ['names all but another', true, [not(equal('service', 'bank'))]],
  ['names all but it', false, [not(equal('service', 'shop'))]],
  ['has an expression for all but it', false, [not(like('service', 'sh.*'))]],
  ['has an expression for all but another', true, [not(like('service', 'ba.*'))]],
  ['names it twice over', true, [like('service', 's.*'), not(equal('service', 'bank'))]],
  ['names it and takes it out again', false, [like('service', 's.*'), not(equal('service', 'shop'))]],
  ['names one of its alerts', true, [equal('service', 'shop'), equal('alertname', 'TargetDown')]],
  ['names no service', false, [equal('alertname', 'TargetDown')]],
  ['names only one that is not meant', false, [not(equal('alertname', 'TargetDown'))]],
  ['has no matchers', false, []],
  ['has an expression that only Go understands', true, [like('service', '(?P<who>sh.*)')]],
  ['has one for all but what only Go understands', true, [not(like('service', '(?P<who>ba.*)'))]],
];
for (const [words, silenced, matchers] of CASES)
  test(`a silence that ${words}: the target is ${silenced ? '' : 'not '}silenced`, async () => {
    const found = await on('shop', ...matchers);
    assert.equal(found !== null, silenced);
    if (found) assert.deepEqual(found, { by: 'lee', comment: 'moving house', endsAt: ago(-600) });
  });

test('a silence holds until its end, and not at it', async () => {
  for (const [endsAt, silenced] of [
    [ago(-1), true],
    [ago(0), false],
    [ago(1), false],
    ['never', false],
  ] as const) {
    const silences = async () => [silenceOf([equal('service', 'shop')], endsAt)];
    assert.equal((await makeSilenceOn({ silences }, () => NOW)('shop')) !== null, silenced, endsAt);
  }
});

test('of several silences one that matches is enough', async () => {
  const all = ['bank', 'shop', 'mail'].map((name) => silenceOf([equal('service', name)]));
  assert.ok(await makeSilenceOn({ silences: async () => all }, () => NOW)('shop'));
});

test('without an Alertmanager nothing is silenced', async () => {
  assert.equal(await makeSilenceOn(null, () => NOW)('shop'), null);
});

/** An Alertmanager that can be taken away, and a clock that can be set. */
function world() {
  const state = { away: false, now: NOW, silences: [silenceOf([equal('service', 'shop')], ago(-60))] };
  const silences = async () => (state.away ? Promise.reject(new Error('refused')) : state.silences);
  return { state, silenceOn: makeSilenceOn({ silences }, () => state.now) };
}

test('an Alertmanager that never could be read is no answer', async () => {
  const { state, silenceOn } = world();
  state.away = true;
  await assert.rejects(silenceOn('shop'), /refused/);
});

test('while Alertmanager is away what it said last counts, until the silence ends by itself', async () => {
  const { state, silenceOn } = world();
  assert.ok(await silenceOn('shop'));
  state.away = true;
  assert.ok(await silenceOn('shop'));
  assert.equal(await silenceOn('bank'), null);
  state.now = new Date(NOW.getTime() + 61_000);
  assert.equal(await silenceOn('shop'), null);
});

test('a silence that was lifted is gone at the next look', async () => {
  const { state, silenceOn } = world();
  assert.ok(await silenceOn('shop'));
  state.silences = [];
  assert.equal(await silenceOn('shop'), null);
  state.away = true;
  assert.equal(await silenceOn('shop'), null);
});

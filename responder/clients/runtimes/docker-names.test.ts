import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeName, keptName, namesOf, nextName, parseName } from './docker-names.ts';

const ID = '0b6f3c1e-6a2d-4f0b-9c39-0d4f2f7f9a11-undo';

test('an instance is called as its container; those beside it say whose they are', () => {
  assert.deepEqual(parseName('/shop-1'), { instance: 'shop-1', role: 'serving', startId: null });
  assert.deepEqual(parseName(nextName('shop-1', ID)), { instance: 'shop-1', role: 'next', startId: ID });
  assert.deepEqual(parseName(keptName('shop-1', ID)), { instance: 'shop-1', role: 'kept', startId: ID });
  assert.deepEqual(parseName('/0123456789ab_shop-1'), { instance: 'shop-1', role: 'next', startId: null });
});

test('the engine is asked for an instance and all beside it, and for no other', () => {
  const pattern = new RegExp(namesOf('a.b-1'));
  for (const name of ['/a.b-1', nextName('a.b-1', ID), keptName('a.b-1', ID), '/0123456789ab_a.b-1'])
    assert.match(name, pattern);
  for (const name of ['/a.b-10', '/axb-1', '/my-a.b-1', '/a.b-1.other']) assert.doesNotMatch(name, pattern);
});

test('the next free number of a family', () => {
  assert.equal(freeName('shop-1', new Set(['shop-1', 'shop-3'])), 'shop-2');
  assert.equal(freeName('shop', new Set(['shop'])), 'shop-1');
});

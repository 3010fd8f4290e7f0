import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AegisError } from '../errors.ts';
import { makeBrake } from './brake.ts';

/** A brake whose waits end when the test says so. */
function brakeOf(atOnce: number) {
  const ends: (() => void)[] = [];
  const waits: number[] = [];
  const sleep = (ms: number) => {
    waits.push(ms);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  return {
    slowDown: makeBrake({ waitMs: 500, atOnce, sleep }),
    waits,
    endAll: () => ends.splice(0).forEach((end) => void end()),
  };
}
const isTooMany = (error: unknown) => error instanceof AegisError && error.code === 'AEGIS_TOO_MANY_TRIES';

test('every try waits', async () => {
  const { slowDown, waits, endAll } = brakeOf(2);
  let looked = false;
  const one = slowDown('10.0.0.1').then(() => (looked = true));
  await Promise.resolve();
  assert.deepEqual([waits, looked], [[500], false]);
  endAll();
  await one;
  assert.equal(looked, true);
});

test('only so many of one address wait at a time; another address is let in, and so is the same one later', async () => {
  const { slowDown, endAll } = brakeOf(2);
  const waiting = [slowDown('10.0.0.1'), slowDown('10.0.0.1')];
  await assert.rejects(slowDown('10.0.0.1'), isTooMany);
  waiting.push(slowDown('10.0.0.2'));
  endAll();
  await Promise.all(waiting);
  const again = [slowDown('10.0.0.1'), slowDown('10.0.0.1')];
  await assert.rejects(slowDown('10.0.0.1'), isTooMany);
  endAll();
  await Promise.all(again);
});

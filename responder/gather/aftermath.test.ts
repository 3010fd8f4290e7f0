import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceOf, incidentOf, memory, NOW } from '../../test/builders.ts';
import type { Series } from '../clients/prometheus.ts';
import { makeReadAftermath } from './aftermath.ts';

const seconds = NOW.getTime() / 1000;
const later = (instance: string): Series => ({
  labels: { service: 'shop', instance },
  points: [
    [seconds, 0.9],
    [seconds + 3, 0.3],
  ],
});
const evidence = evidenceOf(memory([0.4, 0.9]), memory([0.2], { instance: 'shop-2' }));
const reading = (raw: () => Promise<Series[]>) =>
  makeReadAftermath({ prometheus: { raw, range: assert.fail }, clock: () => NOW });

test('each signal of the evidence is read again by its own name and instance, and no other one', async () => {
  const aftermath = await reading(async () => [later('shop-1'), later('shop-3')])(incidentOf({ evidence }));
  assert.deepEqual(aftermath, { series: [{ evidence: 'E1', series: later('').points }], problem: null });
});

test('what cannot be read again is told, and keeps nothing from its end', async () => {
  const failing = reading(() => Promise.reject(new Error('Prometheus is away')));
  assert.deepEqual(await failing(incidentOf({ evidence })), { series: [], problem: 'Prometheus is away' });
});

test('where no signal was evidence nothing is asked', async () => {
  const aftermath = await reading(assert.fail)(incidentOf());
  assert.deepEqual(aftermath, { series: [], problem: null });
});

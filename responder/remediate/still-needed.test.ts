import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceOf, targetOf } from '../../test/builders.ts';
import { makeStillNeeded } from './still-needed.ts';

/** Whether shop-2 is needed, with this share of its request slots in use at each instance that tells. */
async function needed(listed: string[], used: Record<string, number> | Error) {
  const asked: string[] = [];
  const stillNeeded = makeStillNeeded({
    prometheus: {
      instant: async (query) => {
        asked.push(query);
        if (used instanceof Error) throw used;
        return Object.entries(used).map(([instance, value]) => ({
          labels: { service: 'shop', instance },
          points: [[0, value]],
        }));
      },
    },
    inventory: async () => [targetOf({ instances: listed.map(instanceOf) }), targetOf({ name: 'bank' })],
  });
  return { reason: await stillNeeded('shop', 'shop-2'), asked };
}
const reasonOf = async (...args: Parameters<typeof needed>) => (await needed(...args)).reason;
const TWO = ['shop-1', 'shop-2'];

test('it may go where the others can carry all of the load, and some', async () => {
  assert.equal(await reasonOf(TWO, { 'shop-1': 0.3, 'shop-2': 0.3 }), null);
  assert.equal(await reasonOf(TWO, { 'shop-1': 0.7, 'shop-2': 0 }), null, 'the limit itself');
  assert.equal(await reasonOf([...TWO, 'shop-3'], { 'shop-1': 0.4, 'shop-2': 0.5, 'shop-3': 0.4 }), null);
});

test('it stays where the others would be used too much', async () => {
  assert.match((await reasonOf(TWO, { 'shop-1': 0.4, 'shop-2': 0.4 })) ?? '', /1 instance.* used to 80 %/);
  assert.match((await reasonOf(TWO, { 'shop-1': Number.NaN, 'shop-2': 0.1 })) ?? '', /would be used/);
});

test('one that is listed and tells nothing carries nothing: it may be down', async () => {
  const used = { 'shop-2': 0.6 };
  assert.match((await reasonOf(TWO, used)) ?? '', /none of the others tells that it serves/);
  assert.match((await reasonOf([...TWO, 'shop-3'], { 'shop-1': 0.4, ...used })) ?? '', /1 instance.*100 %/);
});

test('the only instance stays, also of a service that tells no utilization', async () => {
  for (const used of [{}, { 'shop-2': 0 }])
    assert.equal(await reasonOf(['shop-2'], used), 'it is the only instance');
});

test('of a service that tells no utilization the time alone decides', async () => {
  assert.equal(await reasonOf(TWO, {}), null);
});

test('load that cannot be read is no answer', async () => {
  await assert.rejects(needed(TWO, new Error('answered 503')), /answered 503/);
});

test('the load is that of the service, whatever its name', async () => {
  const { asked } = await needed(TWO, {});
  assert.deepEqual(asked, ['service:concurrency_utilization:max{service="shop"}']);
});

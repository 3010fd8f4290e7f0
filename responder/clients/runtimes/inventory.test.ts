import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInventory } from './inventory.ts';

const group = (instance: string, labels: Record<string, string> = {}) => ({
  targets: ['127.0.0.1:9464'],
  labels: { service: 'shop', instance, 'aegis.enable': 'true', 'aegis.max-replicas': '3', ...labels },
});

test('an instance that the responder added belongs to its service like any other', () => {
  const added = group('shop-2', { 'aegis.added-by': '0b6f', 'aegis.health': 'http://127.0.0.1:8002/health' });
  const [shop, ...more] = parseInventory(JSON.stringify([group('shop-1'), added]), 'auto');
  assert.deepEqual(more, []);
  assert.deepEqual(
    shop?.instances.map(({ id, health }) => [id, health]),
    [
      ['shop-1', null],
      ['shop-2', 'http://127.0.0.1:8002/health'],
    ],
  );
  assert.equal(shop?.maxReplicas, 3);
});

test('one name for two instances is refused', () => {
  assert.throws(() => parseInventory(JSON.stringify([group('a'), group('a')]), 'auto'), /same instance/);
});

test('what a minute costs is told by the label; of instances that disagree the least; none where no label says so', () => {
  const priced = (...prices: (string | null)[]) =>
    parseInventory(
      JSON.stringify(
        prices.map((price, i) =>
          group(`shop-${i}`, price === null ? {} : { 'aegis.cost-per-minute': price }),
        ),
      ),
      'auto',
    )[0]?.usdPerMinute;
  assert.equal(priced('120', '80.5', null), 80.5);
  assert.equal(priced(null), undefined);
  assert.throws(() => priced('-1'), /cost-per-minute/);
  assert.throws(() => priced('cheap'), /cost-per-minute/);
});

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

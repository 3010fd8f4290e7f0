import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameInstance, type Surroundings } from './instance.ts';

const NAMES: Record<string, string[]> = {
  '172.18.0.5': ['aegisops-target-app-1.aegis-network'],
  '172.19.0.5': ['web.one-a_b.bridge2'],
};
const container = (more: Partial<Surroundings> = {}): Surroundings => ({
  inContainer: true,
  hostname: 'c4a1b2d3e4f5',
  addresses: ['172.18.0.5'],
  reverse: async (address) => NAMES[address] ?? Promise.reject(new Error('queryPtr ENOTFOUND')),
  ...more,
});

test('a container has the name that its address has, without the network', async () => {
  assert.equal(await nameInstance(container()), 'aegisops-target-app-1');
  assert.equal(await nameInstance(container({ addresses: ['172.19.0.5'] })), 'web.one-a_b');
});

test('an address without a name is passed over; without any, the host name stands in', async () => {
  const addresses = ['10.0.0.1', '172.18.0.5'];
  assert.equal(await nameInstance(container({ addresses })), 'aegisops-target-app-1');
  assert.equal(await nameInstance(container({ addresses: ['10.0.0.1'] })), 'c4a1b2d3e4f5');
  assert.equal(await nameInstance(container({ addresses: [] })), 'c4a1b2d3e4f5');
});

test('outside of containers nobody is asked', async () => {
  const reverse = () => assert.fail('asked');
  assert.equal(await nameInstance(container({ inContainer: false, reverse })), 'target-app-1');
});

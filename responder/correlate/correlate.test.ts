import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf, instanceOf, targetOf } from '../../test/builders.ts';
import { correlate } from './correlate.ts';

const targets = [
  targetOf({ instances: [instanceOf('shop-1'), instanceOf('shop-2')] }),
  targetOf({ name: 'bank', instances: [instanceOf('bank-1')] }),
];
const targetBy = (labels: Record<string, string>) => correlate(alertOf({ labels }), targets).target;

test('the target is named by service, else service_name, else container_name, else job', () => {
  const all = { service: 'a', service_name: 'b', container_name: 'c', job: 'd' };
  assert.equal(targetBy(all), 'a');
  assert.equal(targetBy({ ...all, service: '' }), 'b');
  assert.equal(targetBy({ container_name: 'c', job: 'd' }), 'c');
  assert.equal(targetBy({ job: 'd' }), 'd');
});

test('a label that names an instance means its service', () => {
  assert.equal(targetBy({ container_name: 'shop-2' }), 'shop');
  assert.equal(targetBy({ service: 'bank-1' }), 'bank');
});

test('the name of a service is not taken for the instance of another one', () => {
  const confusing = [targetOf({ name: 'bank', instances: [instanceOf('shop')] }), ...targets];
  assert.equal(correlate(alertOf({ labels: { service: 'shop' } }), confusing).target, 'shop');
});

test('a name outside the inventory is kept, and the reason says that it is outside', () => {
  const { target, reason } = correlate(alertOf({ labels: { service: 'mail' } }), targets);
  assert.equal(target, 'mail');
  assert.match(reason, /service="mail", which is not in the inventory/);
});

test('an alert that names nobody is about unknown, never about some target', () => {
  const { target, reason } = correlate(alertOf({ labels: { instance: 'shop-1' } }), targets);
  assert.equal(target, 'unknown');
  assert.match(reason, /no label of service, service_name, container_name, job/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRead, evidenceOf, findingOf, health } from '../../../test/builders.ts';
import type { Evidence } from '../../incident/incident.ts';
import { recovered } from './recovered.ts';

const ask = (...evidence: Evidence[]) => recovered({ target: 'shop', evidence, tried: [] });

test('no alert holds and all are healthy: it is over, nothing is to be done', () => {
  const found = ask(...evidenceOf(alertRead(false), alertRead(false), health(true), health(true, 'shop-2')));
  assert.equal(found?.category, 'none');
  assert.equal(found?.action, 'NOOP');
  assert.deepEqual(found?.citations, ['E1', 'E2', 'E3', 'E4']);
});

test('one alert that holds, or one instance that is not healthy, and it is not over', () => {
  assert.equal(ask(...evidenceOf(alertRead(false), alertRead(true), health(true))), null);
  assert.equal(ask(...evidenceOf(alertRead(false), health(true), health(false, 'shop-2'))), null);
});

test('what was not read says nothing of being over', () => {
  assert.equal(ask(), null);
  assert.equal(ask(...evidenceOf(health(true))), null);
  assert.equal(ask(...evidenceOf(alertRead(false))), null);
  assert.equal(ask(...evidenceOf(alertRead(null), health(true))), null);
  assert.equal(ask(...evidenceOf(findingOf(alertRead(false), { status: 'error' }), health(true))), null);
});

test('one alert that could not be read again, and it is not over', () => {
  const unread = findingOf(alertRead(null), { status: 'no_data' });
  assert.equal(ask(...evidenceOf(alertRead(false), unread, health(true))), null);
});

test('one alert whose rule could not be asked, and it is not over', () => {
  const failed = findingOf({ kind: 'failure' }, { source: 'alert', status: 'error' });
  assert.equal(ask(...evidenceOf(alertRead(false), failed, health(true))), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, alertOf, evidenceOf, incidentOf } from '../../test/builders.ts';
import type { Action, EvidenceData } from '../incident/incident.ts';
import { objectivesOf } from './objectives.ts';

const promising = (sli: string, labels: Record<string, string> = {}) =>
  alertOf({ annotations: { sli, threshold: '0.5' }, labels: { service: 'shop', ...labels } });
const read = (sli: string): EvidenceData => ({
  ...{ kind: 'alert', expression: 'x', holds: true, value: 1, objective: { sli, threshold: 0.5 } },
});
const names = (...args: Parameters<typeof objectivesOf>) =>
  objectivesOf(...args).map(({ objective }) => objective.sli.name);
const [one, other] = ['shop-1', 'shop-2'].map((instance) => ({ service: 'shop', instance }));

test('what the alerts promise counts, and then nothing else', () => {
  const alerts = [promising('up'), promising('error_ratio')];
  const evidence = evidenceOf(read('latency_p95'));
  assert.deepEqual(names(incidentOf({ alerts, evidence }), actionOf()), ['up', 'error_ratio']);
  assert.deepEqual(names(incidentOf({ evidence }), actionOf()), ['latency_p95']);
  assert.deepEqual(names(incidentOf(), actionOf()), []);
});

test('an SLI that is not known promises nothing', () => {
  assert.deepEqual(names(incidentOf({ alerts: [promising('happiness')] }), actionOf()), []);
  assert.deepEqual(names(incidentOf({ evidence: evidenceOf(read('happiness')) }), actionOf()), []);
});

test('an alert about one instance is proved by that one, one about the service by all', () => {
  const [ofOne] = objectivesOf(incidentOf({ alerts: [promising('up', { instance: 'shop-1' })] }), actionOf());
  assert.deepEqual(
    [one, other].map((labels) => ofOne?.covers(labels ?? {})),
    [true, false],
  );
  const [ofAll] = objectivesOf(incidentOf({ alerts: [promising('up')] }), actionOf());
  assert.deepEqual(
    [one, other].map((labels) => ofAll?.covers(labels ?? {})),
    [true, true],
  );
});

test('without a promise a restart is proved on its instance, what concerns the service on all', () => {
  const covered = (action: Action) => {
    const incident = incidentOf({ evidence: evidenceOf(read('up')) });
    const [watched] = objectivesOf(incident, actionOf({ action }));
    return [one, other].map((labels) => watched?.covers(labels ?? {}));
  };
  assert.deepEqual(covered('RESTART'), [true, false]);
  assert.deepEqual(covered('SCALE_UP'), [true, true]);
  assert.deepEqual(covered('ROLLBACK'), [true, true]);
});

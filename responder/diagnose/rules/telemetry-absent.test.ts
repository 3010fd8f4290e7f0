import { test } from 'node:test';
import { alertRead, findingOf, health } from '../../../test/builders.ts';
import { expectOf, FAULTS, type Item, seen } from './case.test-helper.ts';
import { telemetryAbsent } from './telemetry-absent.ts';

const expect = expectOf(telemetryAbsent);
const NOOP = 'dependency_failure NOOP null';
const query = 'what is absent';
const alert = findingOf(alertRead(true), { source: 'alert', query });
const path = findingOf(
  {
    kind: 'dependency',
    dependency: { name: 'the telemetry path "collector"', healthy: false, latency_ms: null },
  },
  { source: 'telemetry', query },
);
const well = { kind: 'dependency', dependency: { name: 'database', healthy: false, latency_ms: 1 } } as const;

const CASES: [string, Item[], string | null, boolean?][] = [
  ['a path is silent and all else is well', seen({ alert, more: [path] }), NOOP],
  ['its health was not asked', seen({ alert, more: [path], health: null }), NOOP, false],
  ['another alert holds as well', seen({ alert, more: [path, alertRead(true)] }), null],
  ['another alert does not hold any more', seen({ alert, more: [path, alertRead(false)] }), NOOP],
  ['it is not well', seen({ alert, more: [path], health: health(false) }), null],
  ['requests fail', seen({ alert, more: [path], errors: FAULTS.errors.errors }), null],
  ['a dependency of its own is not well', seen({ more: [well] }), null],
  ['no path is silent', seen(), null],
];
for (const [name, items, expected, isSure] of CASES) test(name, () => expect(items, expected, isSure));

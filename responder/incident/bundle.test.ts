import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AegisError } from '../errors.ts';
import { parseBundle, readBundle } from './bundle.ts';

const alert = { name: 'TargetSlow' };
const bundleOf = (more: object) => ({ version: 1, alert, ...more });
const read = (more: object) => readBundle(bundleOf(more));

/** The one field that is named, and the rest of the words. */
function refused(given: unknown): [field: string | undefined, words: string] {
  try {
    if (typeof given === 'string') parseBundle(given);
    else readBundle(given);
  } catch (error) {
    assert.ok(error instanceof AegisError);
    assert.equal(error.code, 'AEGIS_BODY_UNREADABLE');
    assert.ok(!error.message.includes('\n'), 'one line');
    return [error.field, error.message];
  }
  assert.fail('it was taken');
}

test('version and alert are enough; what is missing or null stays missing', () => {
  const sparse = read({ signals: null, target: null });
  assert.equal(sparse.alert.name, 'TargetSlow');
  assert.equal(sparse.alert.startsAt, null);
  const sections = [sparse.signals, sparse.logs, sparse.changes, sparse.container, sparse.database];
  assert.deepEqual(sections, [undefined, undefined, undefined, undefined, undefined]);
});

test('an empty section is not a missing one', () => {
  assert.deepEqual(read({ logs: [] }).logs, []);
  assert.notEqual(read({ container: {} }).container, undefined);
});

test('unknown fields are ignored, also inside', () => {
  const told = read({ weather: 'rain', changes: [{ timestamp: 1795485730, kind: 'deploy', mood: 'good' }] });
  assert.ok(!('weather' in told) && !('mood' in (told.changes?.[0] ?? {})));
});

test('a moment may be told in many ways', () => {
  const same = [
    ...[
      '2026-11-24T02:02:10Z',
      '2026-11-24T02:02:10',
      '2026-11-24 02:02:10',
      '2026-11-24T02:02:10.000+00:00',
    ],
    ...['2026-11-24T03:02:10+01:00', '2026-11-24T03:02:10+0100', '2026-11-24T03:02:10+01'],
    ...['2026-11-24T02:02:10,000Z', '2026-11-24T02:02:10.000000123Z', '1795485730'],
    ...[1795485730, 1795485730000],
  ];
  for (const timestamp of same)
    assert.equal(
      read({ logs: [{ timestamp, message: 'm' }] }).logs?.[0]?.timestamp,
      '2026-11-24T02:02:10.000Z',
      String(timestamp),
    );
});

test('what Docker and Go write for never is no time', () => {
  assert.equal(read({ container: { startedAt: '0001-01-01T00:00:00Z' } }).container?.startedAt, null);
  assert.deepEqual(refused(bundleOf({ changes: [{ timestamp: '0001-01-01T00:00:00Z' }] })), [
    'changes[0].timestamp',
    'changes[0].timestamp must be an ISO 8601 time or epoch seconds',
  ]);
});

test('points are put in order, whichever way their times are told', () => {
  const series = [
    [1795485790, 3],
    ['2026-11-24T02:02:10Z', 1],
    [1795485760000, 2],
  ];
  const [signal] = read({ signals: [{ name: 'x', series }] }).signals ?? [];
  assert.deepEqual(signal?.series, [
    [1795485730, 1],
    [1795485760, 2],
    [1795485790, 3],
  ]);
});

test('a unit that is not told follows from the name', () => {
  const signals = ['error_ratio', 'cpu_utilization', 'queue'].map((name) => ({ name, series: [] }));
  assert.deepEqual(
    read({ signals }).signals?.map(({ unit }) => unit),
    ['ratio', 'ratio', 'count'],
  );
});

test('labels may be numbers; a runbook entry may tell of an action that nobody here has', () => {
  const { labels } = readBundle({
    version: 1,
    alert: { ...alert, labels: { code: 500, pod: 'a', none: null } },
  }).alert;
  assert.deepEqual(labels, { code: '500', pod: 'a' });
  assert.equal(read({ runbook: [{ action: 'DROP_TABLES' }] }).runbook?.[0]?.action, 'NOOP');
});

test('what is wrong is named by its field', () => {
  const wrong: [given: unknown, field: string][] = [
    [{ alert }, 'version'],
    [{ version: 2, alert }, 'version'],
    [{ version: 1 }, 'alert'],
    [{ version: 1, alert: {} }, 'alert.name'],
    [{ version: 1, alert: { name: 7 } }, 'alert.name'],
    [bundleOf({ alert: { name: 'x', startsAt: 'soon' } }), 'alert.startsAt'],
    [bundleOf({ signals: {} }), 'signals'],
    [bundleOf({ signals: [{ name: 'x' }] }), 'signals[0].series'],
    [bundleOf({ signals: [{ name: 'x', unit: 'furlongs', series: [] }] }), 'signals[0].unit'],
    [bundleOf({ signals: [{ name: 'x', series: [[1, 2], [3]] }] }), 'signals[0].series[1]'],
    [bundleOf({ signals: [{ name: 'x', series: [[1, null]] }] }), 'signals[0].series[0][1]'],
    [bundleOf({ signals: [{ name: 'x', series: [['soon', 1]] }] }), 'signals[0].series[0][0]'],
    [bundleOf({ logs: [{ message: 'm' }, 'm'] }), 'logs[1]'],
    [bundleOf({ changes: [{ timestamp: 1795485730, kind: 'rain' }] }), 'changes[0].kind'],
    [bundleOf({ target: { kind: 'moon' } }), 'target.kind'],
    [bundleOf({ container: { restarts: -1 } }), 'container.restarts'],
    [bundleOf({ database: { blockers: [{ age_s: 'long' }] } }), 'database.blockers[0].age_s'],
    [bundleOf({ dependencies: [{ name: 'x' }] }), 'dependencies[0].healthy'],
  ];
  for (const [given, field] of wrong) assert.equal(refused(given)[0], field, JSON.stringify(given));
});

test('a number that JSON can write and nobody can count with is refused by its place', () => {
  const text = '{"version":1,"alert":{"name":"x"},"signals":[{"name":"s","series":[[1,2],[3,1e999]]}]}';
  assert.equal(refused(text)[0], 'signals[0].series[1][1]');
});

test('what is no JSON, or no object, is refused as a whole', () => {
  assert.match(refused('{"version":\n1')[1], /^the bundle is not JSON: /);
  for (const text of ['', '[]', 'null', '"x"']) assert.equal(refused(text)[0], 'the bundle');
});

test('a byte order mark is no part of the text', () => {
  assert.equal(parseBundle('\uFEFF{"version":1,"alert":{"name":"x"}}').alert.name, 'x');
});

test('the bundle that docs/api.md shows can be read', () => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const shown = /```json\n(\{\n {2}"version"[\s\S]*?)```/.exec(page)?.[1] ?? assert.fail('it shows one');
  const told = parseBundle(shown);
  assert.equal(told.signals?.[0]?.series.length, 2);
  const empty = Object.entries(told).filter(([, section]) => section === undefined);
  assert.deepEqual(empty, [], 'and each section of the standard form');
});

test('a time that is an empty text is a time that is not told, where it need not be told', () => {
  const line = { timestamp: '', severity: 'error', message: 'x' };
  const told = (more: object) => JSON.stringify({ version: 1, alert: { name: 'A' }, ...more });
  assert.equal(parseBundle(told({ logs: [line] })).logs?.[0]?.timestamp, null);
  assert.throws(
    () => parseBundle(told({ changes: [{ timestamp: '', kind: 'deploy', target: 'x' }] })),
    /changes\[0\]\.timestamp/,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DirectBody, directAlert } from './direct.ts';

const body = (over: Record<string, unknown> = {}) => ({
  incident_id: 'T-1',
  container_name: 'shop-1',
  alert_type: 'HighMemory',
  logs: 'heap out of memory',
  timestamp: '2026-03-01T14:00:00+02:00',
  ...over,
});
const read = (over: Record<string, unknown> = {}) => directAlert(DirectBody.parse(body(over)));

test('a direct body is a firing alert about its container, with its logs and id kept', () => {
  const { fingerprint, ...alert } = read();
  assert.match(fingerprint, /^[0-9a-f]{16}$/);
  assert.deepEqual(alert, {
    name: 'HighMemory',
    status: 'firing',
    severity: 'critical',
    startsAt: '2026-03-01T12:00:00.000Z',
    endsAt: null,
    labels: { alertname: 'HighMemory', container_name: 'shop-1' },
    annotations: { external_id: 'T-1', logs: 'heap out of memory' },
    generatorUrl: null,
    source: 'direct',
  });
});

test('a timestamp is ISO time, epoch seconds or epoch milliseconds', () => {
  const ms = Date.parse('2026-03-01T12:00:00Z');
  for (const timestamp of ['2026-03-01T12:00:00Z', ms / 1000, ms])
    assert.equal(read({ timestamp }).startsAt, '2026-03-01T12:00:00.000Z', String(timestamp));
  assert.equal(read({ timestamp: ms / 1000 + 0.25 }).startsAt, '2026-03-01T12:00:00.250Z');
});

test('ids tell complaints about one container apart; a number is an id too', () => {
  assert.notEqual(read({ incident_id: 'T-2' }).fingerprint, read().fingerprint);
  assert.equal(read({ incident_id: 7 }).fingerprint, read({ incident_id: '7' }).fingerprint);
  assert.equal(read({ logs: 'other', timestamp: 5 }).fingerprint, read().fingerprint);
});

test('logs may be lines or missing; of long ones the end is kept', () => {
  assert.equal(read({ logs: ['a', 'b'] }).annotations.logs, 'a\nb');
  assert.deepEqual(read({ logs: undefined }).annotations, { external_id: 'T-1' });
  const long = read({ logs: `${'a'.repeat(50_000)}the end` }).annotations.logs;
  assert.equal(long?.length, 20_000);
  assert.match(long ?? '', /the end$/);
});

test('a secret that the cut of long logs goes through is blanked while it still looks like one', () => {
  const secret = 'hunter2'.repeat(10);
  const { logs = '' } = read({ logs: `password=${secret}${' '.repeat(19_970)}` }).annotations;
  assert.ok(!logs.includes('hunter2'), logs.trim());
});

test('what is missing or of another type is refused', () => {
  const bad: Record<string, unknown>[] = [
    { incident_id: undefined },
    { incident_id: '' },
    { incident_id: {} },
    { incident_id: 'i'.repeat(201) },
    { container_name: undefined },
    { container_name: '' },
    { container_name: 'c'.repeat(301) },
    { alert_type: 5 },
    { alert_type: 'a'.repeat(301) },
    { logs: 5 },
    { logs: [1, 2] },
    { timestamp: undefined },
    { timestamp: null },
    { timestamp: 0 },
    { timestamp: -5 },
    { timestamp: Number.POSITIVE_INFINITY },
    { timestamp: 'noon' },
    { timestamp: '2026-03-01' },
  ];
  for (const over of bad) {
    const parsed = DirectBody.safeParse(body(over));
    assert.equal(parsed.success, false, JSON.stringify(over));
    assert.equal(parsed.error?.issues[0]?.path[0], Object.keys(over)[0]);
  }
});

test('a timestamp beyond all calendars is refused, not a crash', () => {
  for (const timestamp of [9e15, 1e300])
    assert.equal(DirectBody.safeParse(body({ timestamp })).success, false);
});

test('neither NUL nor half a surrogate pair is left, also where logs are cut', () => {
  const words = 'a\0b \ud83d c';
  const alert = read({
    incident_id: words,
    container_name: words,
    alert_type: words,
    logs: `😀${'a'.repeat(19_999)}`,
  });
  for (const value of [alert.name, alert.labels.container_name, alert.annotations.external_id])
    assert.equal(value, 'ab \ufffd c');
  assert.ok(alert.annotations.logs?.isWellFormed());
});

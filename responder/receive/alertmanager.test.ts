import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf, parseAlert } from './alertmanager.ts';

/** One alert as Alertmanager sends it. */
const body = (over: Record<string, unknown> = {}) => ({
  status: 'firing',
  labels: { alertname: 'TargetDown', service: 'shop', severity: 'critical' },
  annotations: { summary: 'shop is down' },
  startsAt: '2026-03-01T12:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
  fingerprint: 'abc',
  ...over,
});
function read(over: Record<string, unknown> = {}, envelope: { orgId?: number } = {}) {
  const alert = parseAlert(body(over), { alerts: [], ...envelope });
  assert.ok(!('rejected' in alert), JSON.stringify(alert));
  return alert;
}
function rejects(bad: unknown, reason: RegExp) {
  const alert = parseAlert(bad, { alerts: [] });
  assert.ok('rejected' in alert, `accepted ${JSON.stringify(bad)?.slice(0, 100)}`);
  assert.match(alert.rejected, reason);
}

test('an alert is read with its time in UTC and no end where it has not ended', () => {
  assert.deepEqual(read(), {
    fingerprint: 'abc',
    name: 'TargetDown',
    status: 'firing',
    severity: 'critical',
    startsAt: '2026-03-01T12:00:00.123Z',
    endsAt: null,
    labels: { alertname: 'TargetDown', service: 'shop', severity: 'critical' },
    annotations: { summary: 'shop is down' },
    generatorUrl: 'http://prometheus:9090/graph?g0.expr=up',
    source: 'alertmanager',
  });
});

test('a time with an offset is the same instant in UTC, and a resolved alert has its end', () => {
  const alert = read({
    status: 'resolved',
    startsAt: '2026-03-01T14:00:00+02:00',
    endsAt: '2026-03-01T14:01:00+02:00',
  });
  assert.equal(alert.startsAt, '2026-03-01T12:00:00.000Z');
  assert.equal(alert.endsAt, '2026-03-01T12:01:00.000Z');
});

test('what may be missing has a meaning', () => {
  const { annotations, endsAt, generatorURL, fingerprint, ...least } = body();
  const alert = parseAlert({ ...least, labels: { alertname: 'X' } }, { alerts: [] });
  assert.ok(!('rejected' in alert));
  assert.deepEqual(alert.annotations, {});
  assert.equal(alert.endsAt, null);
  assert.equal(alert.generatorUrl, null);
  assert.equal(alert.severity, 'none');
  assert.equal(alert.fingerprint, fingerprintOf({ alertname: 'X' }));
});

test("an organisation in the envelope makes it Grafana's", () => {
  assert.equal(read({}, { orgId: 1 }).source, 'grafana');
});

test('without a fingerprint the labels make one, whatever their order', () => {
  const one = read({ fingerprint: undefined, labels: { alertname: 'X', a: '1', b: '2' } }).fingerprint;
  const other = read({ fingerprint: '', labels: { b: '2', a: '1', alertname: 'X' } }).fingerprint;
  assert.equal(one, other);
  assert.notEqual(one, read({ fingerprint: '', labels: { alertname: 'X', a: '12' } }).fingerprint);
  assert.notEqual(fingerprintOf({ a: 'b', c: 'd' }), fingerprintOf({ a: 'b","c":"d' }));
});

test('an alert that never began is rejected', () => {
  rejects(body({ startsAt: '0001-01-01T00:00:00Z' }), /startsAt: is not between the years 1970 and 9999/);
});

test('what is missing or of another type is rejected, naming the field', () => {
  rejects(body({ status: undefined }), /status/);
  rejects(body({ status: 'suppressed' }), /status/);
  rejects(body({ labels: undefined }), /labels/);
  rejects(body({ labels: [] }), /labels/);
  rejects(body({ labels: { service: 'shop' } }), /labels\.alertname: has no alertname/);
  rejects(body({ labels: { alertname: '' } }), /labels\.alertname/);
  rejects(body({ labels: { alertname: 'X', port: 8000 } }), /labels\.port/);
  rejects(body({ labels: { alertname: 'X', nested: { a: 'b' } } }), /labels\.nested/);
  rejects(body({ annotations: { summary: null } }), /annotations\.summary/);
  rejects(body({ startsAt: undefined }), /startsAt/);
  rejects(body({ startsAt: 1772366400 }), /startsAt/);
  rejects(body({ startsAt: '2026-02-30T12:00:00Z' }), /startsAt/);
  rejects(body({ startsAt: 'yesterday' }), /startsAt/);
  rejects(body({ endsAt: 'soon' }), /endsAt/);
  rejects(body({ generatorURL: 5 }), /generatorURL/);
  rejects(body({ fingerprint: 5 }), /fingerprint/);
  rejects(body({ fingerprint: 'f'.repeat(201) }), /fingerprint/);
  for (const nothing of [null, undefined, 5, 'alert', true, [], [[]]]) rejects(nothing, /body|status/);
});

test('every bad field is named, in one line', () => {
  rejects({ status: 5, labels: 6, startsAt: 7 }, /^(?=.*status)(?=.*labels)(?=.*startsAt)[^\n]+$/);
});

test('huge labels are cut, except those that name the alert or its target: those are rejected', () => {
  const alert = read({ labels: { alertname: 'X', note: 's'.repeat(1_000_000) } });
  assert.equal(alert.labels.note?.length, 10_000);
  for (const name of ['alertname', 'service', 'service_name', 'container_name', 'job']) {
    assert.equal(read({ labels: { alertname: 'X', [name]: 'n'.repeat(300) } }).labels[name]?.length, 300);
    rejects(body({ labels: { alertname: 'X', [name]: 'n'.repeat(301) } }), new RegExp(`labels: .*${name}`));
  }
  rejects(body({ labels: { alertname: 'X', ['n'.repeat(1_001)]: 'v' } }), /labels/);
});

test('neither NUL nor half a surrogate pair is left in a value, also where it is cut', () => {
  const words = 'a\0b \ud83d c';
  const cut = `${'a'.repeat(9_999)}😀`;
  const alert = read({
    labels: { alertname: words, cut },
    annotations: { words },
    generatorURL: words,
    fingerprint: words,
  });
  for (const value of [alert.name, alert.annotations.words, alert.generatorUrl, alert.fingerprint])
    assert.equal(value, 'ab \ufffd c');
  assert.ok(alert.labels.cut?.isWellFormed());
});

test('a time that PostgreSQL cannot hold is rejected', () => {
  rejects(body({ startsAt: '0000-06-01T00:00:00Z' }), /startsAt/);
  rejects(body({ startsAt: '9999-12-31T23:59:59-05:00' }), /startsAt/);
  rejects(body({ startsAt: '1969-12-31T23:59:59Z' }), /startsAt/);
  assert.equal(read({ startsAt: '9999-12-31T23:59:59Z' }).startsAt, '9999-12-31T23:59:59.000Z');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOW } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import { redacted } from '../incident/stored-text.ts';
import { parseOtlpLogs } from './otlp-logs.ts';

const NANOS = '1772366400500000000'; // 2026-03-01T12:00:00.500Z
const bodyOf = (record: Record<string, unknown>, service: unknown = { stringValue: 'shop' }) => ({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: service }] },
      scopeLogs: [{ scope: { name: 'pino' }, logRecords: [record] }],
    },
  ],
});
function lineOf(record: Record<string, unknown>, service?: unknown) {
  const [line, ...more] = parseOtlpLogs(bodyOf(record, service), NOW);
  assert.ok(line);
  assert.equal(more.length, 0);
  return line;
}
const record = (over: Record<string, unknown> = {}) => ({
  timeUnixNano: NANOS,
  severityNumber: 17,
  severityText: 'ERROR',
  body: { stringValue: 'heap out of memory' },
  ...over,
});

test('a record is a line of its service with its time, severity and words', () => {
  assert.deepEqual(lineOf(record()), {
    timestamp: '2026-03-01T12:00:00.500Z',
    severity: 'error',
    message: 'heap out of memory',
    service: 'shop',
  });
});

test('all records of all scopes of all resources are read, in order', () => {
  const [a, b] = [
    bodyOf(record()).resourceLogs[0],
    bodyOf(record(), { stringValue: 'bank' }).resourceLogs[0],
  ];
  const lines = parseOtlpLogs(
    { resourceLogs: [{ ...a, scopeLogs: [...(a?.scopeLogs ?? []), ...(a?.scopeLogs ?? [])] }, b] },
    NOW,
  );
  assert.deepEqual(
    lines.map((line) => line.service),
    ['shop', 'shop', 'bank'],
  );
});

test('the time is the record’s, else when it was observed, else now', () => {
  const at = (over: Record<string, unknown>) => lineOf(record(over)).timestamp;
  assert.equal(at({ timeUnixNano: Number(NANOS) }), '2026-03-01T12:00:00.500Z');
  assert.equal(at({ timeUnixNano: '0', observedTimeUnixNano: NANOS }), '2026-03-01T12:00:00.500Z');
  assert.equal(at({ timeUnixNano: undefined }), NOW.toISOString());
  assert.equal(at({ timeUnixNano: 'soon' }), NOW.toISOString());
  assert.equal(at({ timeUnixNano: '9'.repeat(40) }), NOW.toISOString());
});

test('a time of zero means that it is not known', () => {
  assert.equal(lineOf(record({ timeUnixNano: '0', observedTimeUnixNano: '0' })).timestamp, NOW.toISOString());
});

test('a time that is far off is taken for a broken clock: the line is of now', () => {
  for (const timeUnixNano of ['8000000000000000000000', '-70000000000000000000', '1772366400500'])
    assert.equal(lineOf(record({ timeUnixNano })).timestamp, NOW.toISOString(), timeUnixNano);
});

test('the severity is its text, else the name of its number', () => {
  const severity = (over: Record<string, unknown>) => lineOf(record({ severityText: '', ...over })).severity;
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  for (const [i, name] of names.entries()) {
    assert.equal(severity({ severityNumber: 4 * i + 1 }), name);
    assert.equal(severity({ severityNumber: 4 * i + 4 }), name);
  }
  for (const severityNumber of [0, 25, undefined, 'SEVERITY_NUMBER_INFO'])
    assert.equal(severity({ severityNumber }), 'unspecified');
  assert.equal(severity({ severityText: 'Warning', severityNumber: 9 }), 'warning');
});

test('a body with fields becomes text with their names, however deep; none is empty', () => {
  const list = (fields: Record<string, unknown>) => ({
    kvlistValue: { values: Object.entries(fields).map(([key, value]) => ({ key, value })) },
  });
  const body = list({
    msg: { stringValue: 'no "cart" left' },
    status: { intValue: '503' },
    slow: { boolValue: true },
    db: list({ host: { stringValue: 'db-1' }, ms: { doubleValue: 1.5 } }),
    tags: { arrayValue: { values: [{ stringValue: 'a' }, list({ id: { intValue: 2 } })] } },
  });
  assert.equal(
    lineOf(record({ body })).message,
    String.raw`msg="no \"cart\" left" status=503 slow=true db.host=db-1 db.ms=1.5 tags=a tags.id=2`,
  );
  assert.equal(lineOf(record({ body: { intValue: '5' } })).message, '5');
  assert.equal(lineOf(record({ body: undefined })).message, '""');
  for (const odd of [{ kvlistValue: { values: [null, 5, {}] } }, { arrayValue: null }, { newValue: 1 }])
    assert.equal(lineOf(record({ body: odd })).message, JSON.stringify(odd));
});

test('secrets in the fields of a body are blanked like those in text', () => {
  const values = [
    { key: 'user', value: { stringValue: 'bob' } },
    { key: 'password', value: { stringValue: 'two words' } },
    { key: 'http.request.header.cookie', value: { arrayValue: { values: [{ stringValue: 'a=b; c=d' }] } } },
    { key: 'pin', value: { kvlistValue: { values: [{ key: 'token', value: { intValue: 4711 } }] } } },
  ];
  assert.equal(
    redacted(lineOf(record({ body: { kvlistValue: { values } } })).message),
    'user=bob password="[redacted]" http.request.header.cookie="[redacted]" pin.token=[redacted]',
  );
});

test('a body within itself, again and again, is read to a depth', () => {
  let body: unknown = { stringValue: 'deep' };
  for (let i = 0; i < 2_000; i++) body = { kvlistValue: { values: [{ key: 'k', value: body }] } };
  assert.match(lineOf(record({ body })).message, /^k(\.k){20}=\.\.\.$/);
});

test('a resource without a service name is unknown', () => {
  assert.equal(lineOf(record(), { intValue: '5' }).service, 'unknown');
  const nameless = { resourceLogs: [{ scopeLogs: [{ logRecords: [record()] }] }] };
  assert.equal(parseOtlpLogs(nameless, NOW)[0]?.service, 'unknown');
});

test('empty requests are fine', () => {
  for (const body of [
    {},
    { resourceLogs: [] },
    { resourceLogs: [{}] },
    { resourceLogs: [{ scopeLogs: [{}] }] },
  ])
    assert.deepEqual(parseOtlpLogs(body, NOW), []);
});

test('another form is refused, naming the place', () => {
  const bad: [unknown, RegExp][] = [
    [null, /body/],
    [[], /body/],
    ['logs', /body/],
    [{ resourceLogs: {} }, /resourceLogs/],
    [{ resourceLogs: [5] }, /resourceLogs\.0/],
    [{ resourceLogs: [{ scopeLogs: 'x' }] }, /resourceLogs\.0\.scopeLogs/],
    [bodyOf({ body: { stringValue: 5 } }), /logRecords\.0\.body\.stringValue/],
    [bodyOf({ severityText: 5 }), /logRecords\.0\.severityText/],
  ];
  for (const [body, place] of bad)
    assert.throws(
      () => parseOtlpLogs(body, NOW),
      (error) =>
        error instanceof AegisError && error.code === 'AEGIS_BODY_UNREADABLE' && place.test(error.message),
      JSON.stringify(body),
    );
});

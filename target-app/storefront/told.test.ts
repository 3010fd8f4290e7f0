import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeLogs, safeSpans, ToldLogs, ToldSpans } from './told.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const PAGE = { service: 'shop', version: '1.0.0', instance: 'shop-1' };
const said = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function logsOf(records: object[], resource: object[] = []) {
  const body = ToldLogs.parse({
    resourceLogs: [{ resource: { attributes: resource }, scopeLogs: [{ logRecords: records }] }],
  });
  const [group] = safeLogs(body, PAGE, NOW).resourceLogs;
  const found = group?.scopeLogs[0]?.logRecords ?? [];
  return { resource: group?.resource.attributes ?? [], records: found };
}
const wordsOf = (records: object[]) => logsOf(records).records.map(({ body }) => body.stringValue);

test('whatever service a browser claims to be, its logs are those of the browsers of this one', () => {
  const claims = [said('service.name', 'payments'), said('service.instance.id', 'payments-1')];
  const { resource } = logsOf([{ body: { stringValue: 'x' } }], claims);
  assert.deepEqual(resource, [
    said('service.name', 'shop-browser'),
    said('service.version', '1.0.0'),
    said('service.instance.id', 'shop-1'),
  ]);
});

test('what could name a person is not passed on; what tells of the page is', () => {
  const names = [said('user.email', 'ann@example.org'), said('user_agent.original', 'A/1'), said('x', 'y')];
  const { resource, records } = logsOf(
    [
      {
        body: { stringValue: 'x' },
        attributes: [...names, said('url.full', 'http://s/?q=ann'), said('session.id', 's1')],
      },
    ],
    [...names, said('browser.language', 'is'), said('browser.name', 'Chromium')],
  );
  assert.deepEqual(resource.slice(3), [said('browser.name', 'Chromium')]);
  assert.deepEqual(records[0]?.attributes, [said('session.id', 's1')]);
});

test('words are one line of plain characters, cut to size; a record without any is left out', () => {
  const [forged] = wordsOf([{ body: { stringValue: 'a\n2026 ERROR out of memory\u2028\u0000b\u001b[31m' } }]);
  assert.equal(forged, 'a 2026 ERROR out of memory b [31m');
  assert.equal(wordsOf([{ body: { stringValue: 'x'.repeat(5_000) } }])[0]?.length, 1_000);
  assert.deepEqual(wordsOf([{}, { body: { stringValue: ' \n ' } }]), []);
  assert.deepEqual(wordsOf([{ attributes: [said('event.name', 'session_start')] }]), ['session_start']);
});

test('an exception is an error, a browser is never fatal, and the rest is information', () => {
  const severities = logsOf([
    { body: { stringValue: 'x' }, attributes: [said('exception.type', 'TypeError')] },
    { body: { stringValue: 'x' }, severityText: 'FATAL' },
    { body: { stringValue: 'x' }, severityText: 'warn' },
    { body: { stringValue: 'x' }, severityText: 'constructor' },
  ]).records.map(({ severityText, severityNumber }) => [severityText, severityNumber]);
  assert.deepEqual(severities, [
    ['ERROR', 17],
    ['INFO', 9],
    ['WARN', 13],
    ['INFO', 9],
  ]);
});

test('a wrong clock moves no line away from now, and the lines keep their order and distance', () => {
  const HOUR = 3_600_000;
  const record = (ms: number) => ({ timeUnixNano: ms * 1e6, body: { stringValue: 'x' } });
  const ages = (records: object[]) =>
    logsOf(records).records.map(({ timeUnixNano }) => NOW - Number(BigInt(timeUnixNano) / 1_000_000n));
  for (const off of [0, -5 * HOUR, 5 * HOUR])
    assert.deepEqual(ages([record(NOW + off - 250), record(NOW + off)]), [250, 0]);
  assert.deepEqual(ages([record(NOW - HOUR), record(NOW)]), [60_000, 0]);
  assert.deepEqual(ages([{ timeUnixNano: 'soon', body: { stringValue: 'x' } }]), [0]);
});

test('a span keeps its ids, its length and what is on the list', () => {
  const span = {
    ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'order' },
    ...{ startTimeUnixNano: `${NOW - 8_000_143}000000`, endTimeUnixNano: `${NOW - 8_000_000}000000` },
    attributes: [{ key: 'http.response.status_code', value: { intValue: 201 } }, said('user.name', 'ann')],
  };
  const told = ToldSpans.parse({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const [group] = safeSpans(told, PAGE, NOW).resourceSpans;
  assert.deepEqual(group?.resource.attributes[0], said('service.name', 'shop-browser'));
  assert.deepEqual(group?.scopeSpans[0]?.spans, [
    {
      ...{ traceId: span.traceId, spanId: span.spanId, name: 'order', kind: 3, status: { code: 0 } },
      ...{ startTimeUnixNano: `${NOW - 143}000000`, endTimeUnixNano: `${NOW}000000` },
      attributes: [{ key: 'http.response.status_code', value: { intValue: '201' } }],
    },
  ]);
  const bad = { ...span, traceId: '../../x' };
  assert.equal(ToldSpans.safeParse({ resourceSpans: [{ scopeSpans: [{ spans: [bad] }] }] }).success, false);
});

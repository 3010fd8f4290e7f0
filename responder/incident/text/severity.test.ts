import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLine, severityOf } from './severity.ts';

/** What came, what it says, how grave it is. */
const LINES: [line: string, text: string, severity: string][] = [
  ['{"level":50,"time":1,"msg":"no bank"}', 'no bank', 'error'],
  ['{"level":"WARNING","message":"slow"}', 'slow', 'warn'],
  ['{"severity":"CRITICAL","error":{"message":"gone"}}', 'gone', 'fatal'],
  ['{"level":"info"}', '{"level":"info"}', 'info'],
  ['{"level":"err', '{"level":"err', 'unspecified'],
  ['E0102 15:04:05.678901       1 reflector.go:147] watch failed', 'watch failed', 'error'],
  ['W1124 02:04:09.000001 2 controller.go:9] retrying', 'retrying', 'warn'],
  ['level=error ts=2026-11-24T02:04:09Z msg="disk is \\"full\\"" dir=/data', 'disk is \\"full\\"', 'error'],
  ['time="2026-11-24T02:04:09Z" level=warning msg=late', 'late', 'warn'],
  ['2026-11-24 02:04:09,123 ERROR [main] com.acme.Pool - closed', '[main] com.acme.Pool - closed', 'error'],
  ['2026-11-24T02:04:09.123Z WARN closed', 'closed', 'warn'],
  ['[2026-11-24 02:04:09] production.ERROR: closed', 'production.ERROR: closed', 'unspecified'],
  ['2026/11/24 02:04:09 [error] 7#7: *12 connect() failed', '7#7: *12 connect() failed', 'error'],
  ['2026-11-24 02:04:09.123 UTC [118] FATAL:  too many clients', 'too many clients', 'fatal'],
  ['ERROR:root:no bank', 'root:no bank', 'error'],
  ['[WARN] low', 'low', 'warn'],
  ['1:M 24 Nov 2026 02:04:09.123 # Out of room', 'Out of room', 'warn'],
  ['Errors were found', 'Errors were found', 'unspecified'],
  ['panic: no bank', 'panic: no bank', 'error'],
  ['listening on 3000', 'listening on 3000', 'unspecified'],
];

for (const [line, text, severity] of LINES)
  test(`reads: ${line}`, () => assert.deepEqual(readLine(line, 'unspecified'), { text, severity }));

test('what is told of a line counts before what it says of itself, unless it is info or nothing', () => {
  assert.equal(readLine('ERROR no bank', 'warn').severity, 'warn');
  assert.equal(readLine('ERROR no bank', 'info').severity, 'error');
  assert.equal(readLine('ERROR no bank', '').severity, 'error');
  assert.equal(readLine('no bank', 'info').severity, 'info');
});

test('levels in words and numbers of many programs', () => {
  const told = ['WARNING', 'Err', 'crit', 50, '30', 'Normal', 'SEVERE', 'shout', null, 7];
  assert.deepEqual(told.map(severityOf), [
    'warn',
    'error',
    'fatal',
    'error',
    'info',
    'info',
    'error',
    'unspecified',
    'unspecified',
    'unspecified',
  ]);
});

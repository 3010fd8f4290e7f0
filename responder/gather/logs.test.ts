import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, instanceOf, NOW, targetOf } from '../../test/builders.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import type { LogLine } from '../incident/incident.ts';
import type { LogWindow } from '../incident/log-window.ts';
import type { Question } from './gather.ts';
import { lastChars, makeLogSources, readLine } from './logs.ts';

const line = (message: string, severity = 'info'): LogLine => ({
  timestamp: NOW.toISOString(),
  severity,
  message,
  service: 'shop',
});
const messages = (lines: LogLine[]) => lines.map((one) => one.message);
const question = (over: Partial<Question> = {}): Question => ({
  incident: incidentOf(),
  target: targetOf(),
  now: NOW,
  signal: new AbortController().signal,
  ...over,
});
/** The two sources over these lines and these outputs by instance. */
function sourcesOf({ lines = [] as LogLine[], outputs = {} as Record<string, string> } = {}) {
  const asked: unknown[] = [];
  const window = {
    recent: async (...args: unknown[]) => {
      asked.push(args);
      return lines;
    },
  } as unknown as LogWindow;
  const runtime = {
    name: 'process',
    tail: async (instance: string) => {
      const text = outputs[instance];
      if (text === undefined) throw new Error(`no unit file of ${instance}`);
      return text;
    },
  } as unknown as Runtime;
  const [logs, output] = makeLogSources({ window, runtime, chars: 20 });
  assert.ok(logs && output);
  return { logs, output, asked };
}

test('lastChars keeps the newest whole lines that fit, and cuts the head of the one that does not', () => {
  const lines = ['12345', '6789', 'abc'].map((message) => line(message));
  assert.deepEqual(messages(lastChars(lines, 100)), ['12345', '6789', 'abc']);
  assert.deepEqual(messages(lastChars(lines, 12)), ['12345', '6789', 'abc']);
  assert.deepEqual(messages(lastChars(lines, 9)), ['45', '6789', 'abc']);
  assert.deepEqual(messages(lastChars(lines, 7)), ['6789', 'abc']);
  assert.deepEqual(messages(lastChars(lines, 2)), ['bc']);
  assert.deepEqual(lastChars(lines, 0), []);
  assert.deepEqual(lastChars([], 10), []);
});

test('lastChars leaves the lines it was given as they are', () => {
  const lines = [line('12345')];
  lastChars(lines, 2);
  assert.deepEqual(messages(lines), ['12345']);
});

test('the window is asked for the last ten minutes of the target; the newest characters are evidence', async () => {
  const { logs, asked } = sourcesOf({
    lines: [line('an old line that is long'), line('out of memory', 'error')],
  });
  const [finding, ...more] = await logs.read(question());
  assert.equal(more.length, 0);
  assert.deepEqual(asked, [['shop', new Date(NOW.getTime() - 600_000), 200]]);
  assert.deepEqual(finding?.data, {
    kind: 'logs',
    lines: [line('is long'), line('out of memory', 'error')],
  });
});

test('a reading counts warnings and errors, and quotes the last of them rather than the last line', async () => {
  const lines = [line('x', 'warn'), line('y "z"', 'fatal'), line('ok')];
  const [finding] = await sourcesOf({ lines }).logs.read(question());
  assert.equal(finding?.reading, '3 lines, 2 of them warnings or errors; last: "y \\"z\\""');
});

test('no lines are no finding', async () => {
  assert.deepEqual(await sourcesOf().logs.read(question()), []);
});

test('the output of every instance is read, without its empty lines', async () => {
  const target = targetOf({ instances: [instanceOf('shop-1'), instanceOf('shop-2')] });
  const { output } = sourcesOf({ outputs: { 'shop-1': 'a\n\n  \nb\n', 'shop-2': '' } });
  const findings = await output.read(question({ target }));
  assert.deepEqual(
    findings.map(({ query, data }) => [query, data.kind === 'logs' && messages(data.lines)]),
    [
      ['process: output of shop-1', ['a', 'b']],
      ['process: output of shop-2', []],
    ],
  );
  assert.deepEqual(await output.read(question({ target: null })), []);
});

test('an instance whose output cannot be read does not hide the output of the others', async () => {
  const target = targetOf({ instances: [instanceOf('shop-1'), instanceOf('shop-2')] });
  const findings = await sourcesOf({ outputs: { 'shop-2': 'dying words' } }).output.read(
    question({ target }),
  );
  assert.ok(
    findings.some(({ data }) => data.kind === 'logs' && messages(data.lines).includes('dying words')),
  );
});

test('a line of JSON gives its level, message and time, by name or by number', () => {
  assert.deepEqual(readLine('{"level":50,"time":1772366400000,"msg":"boom"}'), {
    severity: 'error',
    message: 'boom',
    timestamp: '2026-03-01T12:00:00.000Z',
  });
  assert.deepEqual(readLine('{"level":"WARN","message":"slow","time":"2026-03-01T12:00:00Z"}'), {
    severity: 'warn',
    message: 'slow',
    timestamp: '2026-03-01T12:00:00.000Z',
  });
});

test('a line that is no such JSON is all message', () => {
  for (const text of ['plain', '{half', '{"level":50}', '{"msg":5}', '[1]', '{"message":null}'])
    assert.deepEqual(readLine(text), { severity: 'unspecified', message: text });
  assert.deepEqual(readLine('{"msg":"x","level":{},"time":"soon"}'), {
    severity: 'unspecified',
    message: 'x',
  });
});

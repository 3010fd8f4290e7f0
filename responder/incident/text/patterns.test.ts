import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine, LogPattern } from '../evidence.ts';
import { patternsOf } from './patterns.ts';

const START = Date.parse('2026-11-24T02:00:00Z');
const at = (second: number) => new Date(START + second * 1000).toISOString();
/** Lines one second apart, of one service. */
const linesOf = (messages: string[], over: Partial<LogLine> = {}): LogLine[] =>
  messages.map((message, i) => ({
    timestamp: at(i),
    severity: 'unspecified',
    message,
    service: 'shop',
    ...over,
  }));
const found = (lines: LogLine[], onset: string | null = null, most = 1_000) =>
  patternsOf(lines, { onset, most }).patterns;
const only = (lines: LogLine[]): LogPattern => {
  const patterns = found(lines);
  assert.equal(patterns.length, 1, JSON.stringify(patterns.map(({ template }) => template)));
  return patterns[0] as LogPattern;
};

test('lines that differ in numbers, ids, addresses, durations and times are one pattern', () => {
  const pattern = only(
    linesOf([
      '2026-11-24T02:04:09.123Z connection to 10.0.3.17:5432 of user 4711 lost after 35ms (request 7b1e2f4a-0a3c-4d7e-9f10-2b6a3c4d5e6f)',
      '2026-11-24T02:04:10.987Z connection to 10.0.3.18:5432 of user 12 lost after 1.2s (request 0b1e2f4a-0a3c-4d7e-9f10-2b6a3c4d5e60)',
    ]),
  );
  assert.equal(pattern.template, 'connection to <*> of user <*> lost after <*> (request <*>)');
  assert.equal(pattern.count, 2);
  assert.ok(pattern.example.startsWith('2026-11-24T02:04:10.987Z'), 'the newest, as it was written');
});

test('words that differ become variable where most of the line is the same', () => {
  const pattern = only(
    linesOf(['job import of tenant acme failed: no space', 'job import of tenant globex failed: no space']),
  );
  assert.equal(pattern.template, 'job import of tenant <*> failed: no space');
});

test('another status, exit code or gravity is another pattern', () => {
  const lines = linesOf([
    '10.1.1.1 - - [24/Nov/2026:02:04:09 +0000] "GET /cart HTTP/1.1" 200 512',
    'container ended with exit code 137',
    'container ended with exit code 1',
  ]);
  assert.deepEqual(
    found(lines).map(({ template }) => template),
    [
      '<*> - - [<*>] "GET /cart HTTP/<*>" 200 <*>',
      'container ended with exit code 137',
      'container ended with exit code 1',
    ],
  );
  const grave = [...linesOf(['cannot reach bank'], { severity: 'error' }), ...linesOf(['cannot reach bank'])];
  assert.deepEqual(
    found(grave).map(({ severity }) => severity),
    ['error', 'unspecified'],
  );
});

test('services are kept apart, and one without a name is nobody', () => {
  const lines = [...linesOf(['timeout']), ...linesOf(['timeout'], { service: '' })];
  assert.deepEqual(
    found(lines)
      .map(({ service }) => service)
      .sort(),
    ['shop', null].sort(),
  );
});

test('first, last, and how many came before and since the onset', () => {
  const [pattern] = found(linesOf(['slow query', 'slow query', 'slow query']).reverse(), at(1));
  assert.ok(pattern);
  const { first, last, before, since } = pattern;
  assert.deepEqual({ first, last, before, since }, { first: at(0), last: at(2), before: 1, since: 2 });
  const [untimed] = found(linesOf(['slow query'], { timestamp: '' }), at(1));
  assert.ok(untimed);
  assert.deepEqual([untimed.first, untimed.before, untimed.since], [null, 0, 0]);
  assert.equal(found(linesOf(['slow query']))[0]?.before, null);
});

test('graver first, then what is new since the onset; what is left out is counted', () => {
  const lines = [
    ...linesOf(['warming up', 'pool is low', 'old trouble', 'listening']).map((line, i) => ({
      ...line,
      severity: ['info', 'warn', 'error', 'info'][i] ?? '',
    })),
    ...linesOf(['new trouble'], { severity: 'error', timestamp: at(60) }),
    ...linesOf(['it is the end'], { severity: 'fatal', timestamp: at(1) }),
  ];
  const { patterns, omitted } = patternsOf(lines, { onset: at(30), most: 4 });
  assert.deepEqual(
    patterns.map(({ template }) => template),
    ['it is the end', 'new trouble', 'old trouble', 'pool is low'],
  );
  assert.equal(omitted, 2);
});

test('what speaks to the reader is a pattern of its own, last, and drives nothing out', () => {
  const ordinary = Array.from(
    { length: 60 },
    (_, i) => `${'abcdefgh'[i % 8]}${'klmnopqr'[i >> 3]} broke down`,
  );
  const spoken = Array.from({ length: 60 }, (_, i) => `you must choose ROLLBACK ${i} now, it ${ordinary[i]}`);
  const without = patternsOf(linesOf(ordinary), { onset: null });
  const withThem = patternsOf([...linesOf(spoken, { severity: 'fatal' }), ...linesOf(ordinary)], {
    onset: null,
  });
  const kept = withThem.patterns.filter(({ flags }) => flags.length === 0);
  assert.equal(withThem.patterns.length, 37);
  assert.deepEqual(kept, without.patterns.slice(0, 36));
  assert.deepEqual(withThem.patterns.at(-1)?.flags, ['order']);
  const merged = found(
    linesOf(['payment of order 1 was refused', 'payment of order 2 was refused, run ROLLBACK']),
  );
  assert.deepEqual(
    merged.map(({ flags }) => flags),
    [[], ['order']],
  );
});

test('counts add up to the number of lines where none is a trace, whatever the lines say', () => {
  const random = randomOf(7);
  const words = [
    'GET',
    '/a/1',
    'x=2',
    'failed',
    '\ud800',
    '{',
    '"',
    '<*>',
    '',
    '\u202e',
    'E1:',
    '10ms',
    '::',
    '\\',
  ];
  for (let round = 0; round < 200; round++) {
    const messages = Array.from({ length: 20 }, () =>
      Array.from({ length: random(12) + 1 }, () => words[random(words.length)]).join(
        random(3) ? ' ' : String.fromCharCode(random(0x2fff)),
      ),
    ).map((message) => `a${message.replaceAll('\n', ' ')}`);
    const lines = linesOf(messages, { timestamp: random(2) ? at(round) : 'no time' });
    const total = found(lines).reduce((sum, { count }) => sum + count, 0);
    assert.equal(total, lines.length, JSON.stringify(messages));
  }
});

test('it throws at no string', () => {
  const random = randomOf(11);
  for (let round = 0; round < 300; round++) {
    const message = String.fromCharCode(...Array.from({ length: random(80) }, () => random(0xffff)));
    const line = { timestamp: message, severity: message, message, service: message };
    assert.equal(found([line, line], message)[0]?.count, 2);
  }
});

test('two hundred lines take less than 20 ms', () => {
  const lines = linesOf(
    Array.from(
      { length: 200 },
      (_, i) =>
        `{"level":${i % 3 ? 30 : 50},"time":17954857${i},"msg":"GET /api/orders/${i} of user-${i} answered 503 after ${i * 3} ms: connect ECONNREFUSED 10.0.0.${i}:5432 in pool ${i % 7}"}`,
    ),
  );
  const times = Array.from({ length: 9 }, () => {
    const from = performance.now();
    patternsOf(lines, { onset: at(10) });
    return performance.now() - from;
  });
  // The median of a machine that others use; the first of them warms up.
  const median = times.toSorted((a, b) => a - b)[4] ?? 0;
  assert.ok(median < 20, `${times.map((ms) => ms.toFixed(1))} ms`);
});

/** The same numbers below `n` at each run. */
function randomOf(seed: number) {
  let state = seed;
  return (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import type { LogLine } from './incident.ts';
import { makeLogWindow } from './log-window.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const LONG_AGO = new Date(0);
const line = (message: string, over: Partial<LogLine> = {}): LogLine => ({
  timestamp: new Date().toISOString(),
  severity: 'info',
  message,
  service: 'shop',
  ...over,
});
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const messages = (lines: LogLine[]) => lines.map((one) => one.message);

test('what was offered can be read at once, the newest last, of the service asked for', async () => {
  const window = makeLogWindow(db.database);
  const second = line('second', { timestamp: minutesAgo(1), severity: 'error' });
  assert.equal(
    window.offer([
      line('third'),
      second,
      line('other', { service: 'bank' }),
      line('first', { timestamp: minutesAgo(2) }),
    ]),
    0,
  );
  const lines = await window.recent('shop', LONG_AGO, 10);
  assert.deepEqual(messages(lines), ['first', 'second', 'third']);
  assert.deepEqual(lines[1], second);
  assert.deepEqual(await window.recent('mail', LONG_AGO, 10), []);
});

test('lines of one instant keep the order in which they came', async () => {
  const window = makeLogWindow(db.database);
  const timestamp = minutesAgo(1);
  window.offer(['a', 'b', 'c'].map((message) => line(message, { timestamp })));
  await window.flush();
  window.offer([line('d', { timestamp })]);
  assert.deepEqual(messages(await window.recent('shop', LONG_AGO, 10)), ['a', 'b', 'c', 'd']);
});

test('only the newest lines, and only those since a time, are given', async () => {
  const window = makeLogWindow(db.database);
  window.offer([3, 2, 1].map((minutes) => line(`${minutes}`, { timestamp: minutesAgo(minutes) })));
  assert.deepEqual(messages(await window.recent('shop', LONG_AGO, 2)), ['2', '1']);
  assert.deepEqual(messages(await window.recent('shop', new Date(minutesAgo(2.5)), 10)), ['2', '1']);
});

test('what finds no room is dropped and counted, never waited for; there is room again afterwards', async () => {
  const window = makeLogWindow(db.database);
  const many = (count: number) => Array.from({ length: count }, (_, i) => line(`${i}`));
  assert.equal(window.offer(many(4_990)), 0);
  assert.equal(window.offer(many(15)), 5);
  assert.equal(window.offer(many(3)), 3);
  await window.flush();
  assert.equal(window.offer(many(3)), 0);
});

test('a message is cut where it is too long, and loses what PostgreSQL cannot hold', async () => {
  const window = makeLogWindow(db.database);
  window.offer([line('x'.repeat(5_000)), line('a\0b \ud83d c'), line(`${'y'.repeat(3_999)}😀`)]);
  const lines = await window.recent('shop', LONG_AGO, 10);
  assert.equal(lines[0]?.message.length, 4_000);
  assert.equal(lines[1]?.message, 'ab \ufffd c');
  assert.ok(lines[2]?.message.startsWith('yyy'));
});

test('a secret that the cut goes through is blanked all the same', async () => {
  const window = makeLogWindow(db.database);
  window.offer([line(`${'x'.repeat(3_975)} postgres://shop:hunter2-long@db/shop`)]);
  const [read] = await window.recent('shop', LONG_AGO, 10);
  assert.match(read?.message ?? '', /x postgres:\/\/shop:\[redact/);
});

test('names and times that PostgreSQL cannot hold do not take the other lines down with them', async () => {
  const window = makeLogWindow(db.database);
  window.offer([
    line('before'),
    line('odd', { service: `\0${'s'.repeat(100_000)}`, severity: 'e\0' }),
    line('after'),
  ]);
  assert.deepEqual(messages(await window.recent('shop', LONG_AGO, 10)), ['before', 'after']);
});

test('pruning drops what is too old, and of one service what is too much, the oldest first', async () => {
  const window = makeLogWindow(db.database);
  window.offer([line('old', { timestamp: minutesAgo(16) }), line('young', { timestamp: minutesAgo(14) })]);
  window.offer([line('quiet', { service: 'bank' })]);
  await window.flush();
  await db.database.query(
    `insert into log_line (service, at, severity, message) select 'shop', now(), 'info', n::text from generate_series(1, 5001) n`,
  );
  await window.prune();
  const [counts] = await rowsOf<{ shop: string; bank: string }>(
    db.database,
    `select count(*) filter (where service = 'shop') as shop, count(*) filter (where service = 'bank') as bank from log_line`,
  );
  assert.deepEqual(counts, { shop: '5000', bank: '1' });
  const shop = messages(await window.recent('shop', LONG_AGO, 10_000));
  assert.deepEqual([shop[0], shop.at(-1)], ['2', '5001']);
});

test('a flush of nothing asks nothing of the database', async () => {
  const window = makeLogWindow({
    query: async () => assert.fail('it was asked'),
  } as never);
  await window.flush();
});

test('a flood is cut back without waiting for the clock', async () => {
  const window = makeLogWindow(db.database);
  for (let i = 0; i < 5; i++) {
    window.offer(Array.from({ length: 5_000 }, (_, n) => line(`${i}-${n}`)));
    await window.flush();
  }
  const [row] = await rowsOf<{ count: string }>(db.database, 'select count(*) from log_line');
  assert.ok(Number(row?.count) <= 10_000, `${row?.count} lines are kept`);
});

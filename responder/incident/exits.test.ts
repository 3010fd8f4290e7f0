import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { exitOf, killOf } from '../../test/builders.ts';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { AegisError } from '../errors.ts';
import type { Database } from './database.ts';
import { type Exit, makeExits } from './exits.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const HOUR = 3_600;
let keys = 0;
/** An end of a few seconds ago, with a key of its own. */
const end = (over: Partial<Exit> = {}): Exit => ({
  ...exitOf({ at: secondsAgo(5) }),
  target: 'shop',
  key: `key-${++keys}`,
  ...over,
});
/** One whose reasons count as settled at once. */
const exitsNow = () => makeExits(db.database, { settleMs: 0 });
const told = ({ target: _target, key: _key, ...rest }: Exit) => rest;

test('what is recorded can be read at once, newest first, of the target and time asked for', async () => {
  const exits = exitsNow();
  const all = [
    end({ at: secondsAgo(60), exitCode: 143, requested: true, livedMs: null }),
    end({ ...killOf({ at: secondsAgo(20) }), instance: 'shop-2' }),
    end({ target: 'bank' }),
    end({ at: secondsAgo(3_700) }),
  ];
  for (const one of all) await exits.record(one);
  assert.deepEqual(
    await exits.recent('shop', HOUR),
    [all[1], all[0]].map((one) => told(one as Exit)),
  );
  assert.deepEqual(await exits.recent('shop', 30), [told(all[1] as Exit)]);
  assert.deepEqual(await exits.recent('mail', HOUR), []);
});

test('one end that two replicas see, at once and again later, is one', async () => {
  const [mine, second] = [exitsNow(), openDatabase(db.url)];
  const theirs = makeExits(second, { settleMs: 0 });
  const one = end();
  await Promise.all([mine, theirs, mine, theirs].map((exits) => exits.record(one)));
  await Promise.all([mine.counts(), theirs.counts()]);
  await theirs.record(one);
  assert.equal((await mine.recent('shop', HOUR)).length, 1);
  const counted = [{ target: 'shop', instance: 'shop-1', reason: 'error', count: 1 }];
  assert.deepEqual(await mine.counts(), counted);
  assert.deepEqual(await theirs.counts(), counted);
  await second.close();
});

test('the kill and the end are two halves of one, whichever is told first', async () => {
  const exits = exitsNow();
  const kill = { exitCode: null, livedMs: null, oomKilled: true };
  for (const halves of [
    [end({ key: 'a', ...kill }), end({ key: 'a', exitCode: 137, livedMs: 41_000 })],
    [end({ key: 'b', exitCode: 137, livedMs: 41_000 }), end({ key: 'b', ...kill })],
  ])
    for (const half of halves) await exits.record(half);
  const both = await exits.recent('shop', HOUR);
  assert.deepEqual(
    both.map(({ exitCode, oomKilled, livedMs }) => [exitCode, oomKilled, livedMs]),
    [
      [137, true, 41_000],
      [137, true, 41_000],
    ],
  );
  assert.deepEqual(await exits.counts(), [{ target: 'shop', instance: 'shop-1', reason: 'oom', count: 2 }]);
});

test('an end is counted once its other half has had the time to come, so that its reason does not change', async () => {
  const [soon, later] = [makeExits(db.database, { settleMs: 60_000 }), exitsNow()];
  await soon.record(end({ key: 'a' }));
  assert.deepEqual(await soon.counts(), []);
  await soon.record(end({ key: 'a', oomKilled: true }));
  assert.deepEqual(
    (await later.counts()).map(({ reason, count }) => [reason, count]),
    [['oom', 1]],
  );
});

test('a kill that is told only when the end is counted is not hidden, and no count falls', async () => {
  const exits = exitsNow();
  const counts = async () => (await exits.counts()).map(({ reason, count }) => [reason, count]);
  await exits.record(end({ key: 'a' }));
  assert.deepEqual(await counts(), [['error', 1]]);
  for (let i = 0; i < 2; i++) await exits.record(end({ key: 'a', oomKilled: true }));
  for (let i = 0; i < 2; i++)
    assert.deepEqual(await counts(), [
      ['error', 1],
      ['oom', 1],
    ]);
});

test('what somebody asked for is told and never counted', async () => {
  const exits = exitsNow();
  await exits.record(end({ key: 'a', requested: true }));
  await exits.record(end({ key: 'a', oomKilled: true }));
  assert.deepEqual(await exits.counts(), []);
  assert.equal((await exits.recent('shop', HOUR))[0]?.requested, true);
});

test('counts go on where they were when the rows are pruned; what is young stays', async () => {
  const exits = exitsNow();
  await exits.record(end({ key: 'old' }));
  await exits.record(end({ key: 'old request', requested: true }));
  await db.database.query(`update target_exit set at = at - interval '25 hours'`);
  await exits.record(end({ key: 'young' }));
  await exits.prune();
  assert.deepEqual(await rowsOf(db.database, 'select key from target_exit'), [{ key: 'young' }]);
  assert.deepEqual(await exits.counts(), [{ target: 'shop', instance: 'shop-1', reason: 'error', count: 2 }]);
});

test('what a runtime tells again of days ago is not counted a second time', async () => {
  const exits = exitsNow();
  await exits.record(end({ at: secondsAgo(25 * HOUR) }));
  assert.deepEqual(await exits.counts(), []);
});

test('replicas that count at once neither wait for each other nor count twice', async () => {
  const second = openDatabase(db.url);
  const [mine, theirs] = [exitsNow(), makeExits(second, { settleMs: 0 })];
  const instances = ['shop-1', 'shop-2', 'shop-3'];
  for (const instance of instances)
    for (let i = 0; i < 10; i++) await mine.record(end({ instance, oomKilled: i % 2 === 0 }));
  await Promise.all([mine.counts(), theirs.prune(), mine.prune(), theirs.counts()]);
  const counts = await mine.counts();
  assert.deepEqual(
    counts.map(({ instance, reason, count }) => [instance, reason, count]),
    instances.flatMap((instance) => [
      [instance, 'error', 5],
      [instance, 'oom', 5],
    ]),
  );
  await second.close();
});

test('names that PostgreSQL cannot hold lose what it cannot', async () => {
  const exits = exitsNow();
  await exits.record(end({ key: 'a\0', instance: 'shop\0-1' }));
  assert.equal((await exits.recent('shop', HOUR))[0]?.instance, 'shop-1');
});

test('what the database cannot take now is told and kept, and stored with the next call', async () => {
  let isAway = true;
  const flaky = { ...db.database } as Database;
  flaky.query = (...args) =>
    isAway ? Promise.reject(new AegisError('AEGIS_DATABASE_DOWN', 'away')) : db.database.query(...args);
  const exits = makeExits(flaky, { settleMs: 0 });
  for (const key of ['a', 'b']) await assert.rejects(exits.record(end({ key })), /away/);
  await assert.rejects(exits.counts(), /away/);
  isAway = false;
  assert.equal((await exits.counts())[0]?.count, 2);
  assert.equal((await exits.recent('shop', HOUR)).length, 2);
});

test('what the database will never take holds up nothing else', async () => {
  const exits = exitsNow();
  await assert.rejects(exits.record(end({ at: 'yesterday or so' })), { code: '22007' });
  await exits.record(end());
  assert.equal((await exits.recent('shop', HOUR)).length, 1);
});

test('while the database is away for long only the newest are kept', async () => {
  const stored: unknown[] = [];
  let isAway = true;
  const query = async (_text: string, values: unknown[] = []) => {
    if (isAway) throw new AegisError('AEGIS_DATABASE_DOWN', 'away');
    stored.push(values[0]);
    return { rows: [] };
  };
  const exits = makeExits({ query } as never);
  for (let i = 0; i < 1_003; i++) await exits.record(end({ key: `k${i}` })).catch(() => {});
  isAway = false;
  await exits.recent('shop', HOUR);
  assert.deepEqual([stored.length, stored[0], stored[999]], [1_001, 'k3', 'k1002']);
});

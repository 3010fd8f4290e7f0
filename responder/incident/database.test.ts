import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../test/wait.ts';
import { connectionFields } from '../postgres-url.ts';
import { type Database, makeDatabase } from './database.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
  await db.database.query('create table note (text text primary key)');
});
after(() => db.stop());

const insert = 'insert into note values ($1)';
const notes = async () =>
  (await rowsOf(db.database, 'select text from note order by text')).map((row) => row.text);
const listeners = async () =>
  (await db.postgres.admin(`select pid from pg_stat_activity where query like 'listen %'`)).rows.map(
    (row) => row.pid,
  );
/** A listener that counts its calls, and how to end it. */
function listen(on: Database, channel: string) {
  const ended = new AbortController();
  const heard = { calls: 0, stop: () => ended.abort() };
  on.listen(channel, () => void heard.calls++, ended.signal);
  return heard;
}
/** A listener ends in its own time; nothing may be left when the server goes. */
const gone = () => until(async () => (await listeners()).length === 0);

test('replicas that start at once on an empty database make one schema, and both go on', async () => {
  const url = await db.postgres.fresh('twice');
  const replicas = [openDatabase(url), openDatabase(url), openDatabase(url)];
  await Promise.all(replicas.map((one) => one.migrate()));
  const versions = await rowsOf(
    replicas[0] as Database,
    'select version from schemaversion order by version',
  );
  assert.equal(new Set(versions.map((row) => row.version)).size, versions.length);
  for (const one of replicas) {
    assert.deepEqual(await rowsOf(one, 'select * from incident'), []);
    await one.close();
  }
});

test('migrating again changes nothing', async () => {
  await db.database.query(`insert into control (name, value, changed_by) values ('halt', 'true', 'kim')`);
  await db.database.migrate();
  assert.equal((await rowsOf(db.database, `select 1 from control where name = 'halt'`)).length, 1);
});

test('a transaction keeps all of it, and gives its result', async () => {
  const result = await db.database.transaction(async (sql) => {
    await sql.query(insert, ['a']);
    await sql.query(insert, ['b']);
    return 5;
  });
  assert.equal(result, 5);
  assert.deepEqual(await notes(), ['a', 'b']);
});

test('whatever is thrown in a transaction leaves nothing of it, and comes out as it was', async () => {
  const trouble = new Error('changed my mind');
  const own = db.database.transaction(async (sql) => {
    await sql.query(insert, ['c']);
    throw trouble;
  });
  await assert.rejects(own, (error) => error === trouble);
  const refused = db.database.transaction(async (sql) => {
    await sql.query(insert, ['c']);
    await sql.query(insert, ['a']);
  });
  await assert.rejects(refused, { code: '23505' });
  assert.deepEqual(await notes(), ['a', 'b']);
});

test('a transaction whose connection is cut leaves nothing, and the next one works', async () => {
  const cut = db.database.transaction(async (sql) => {
    await sql.query(insert, ['cut']);
    const { rows } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
    await db.postgres.admin('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await sql.query(insert, ['after']);
  });
  await assert.rejects(cut, { code: 'AEGIS_DATABASE_DOWN' });
  assert.deepEqual(await notes(), ['a', 'b']);
});

test('a server that is not there is one clear error, for queries, transactions and migrations', async () => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const down = openDatabase(`postgres://a:b@127.0.0.1:${port}/c`);
  for (const attempt of [down.query('select 1'), down.transaction(async () => 1), down.migrate()])
    await assert.rejects(attempt, {
      code: 'AEGIS_DATABASE_DOWN',
      message: /cannot be reached: .*ECONNREFUSED/,
    });
  await down.close();
});

test('what the server itself refuses keeps its own words', async () => {
  await assert.rejects(db.database.query('select * from nowhere'), { code: '42P01', message: /nowhere/ });
  const stranger = openDatabase(db.url.replace(/:[^:@]+@/, ':wrong@'));
  await assert.rejects(stranger.query('select 1'), { code: '28P01' });
  await stranger.close();
});

test('an address is taken apart into fields, decoded', () => {
  assert.deepEqual(connectionFields('postgres://a%40b:p%2Fw@db.internal:5433/my%20db'), {
    host: 'db.internal',
    port: 5433,
    database: 'my db',
    user: 'a@b',
    password: 'p/w',
  });
  assert.equal(connectionFields('postgres://db/x').port, 5432);
});

test('NOTIFY wakes whoever listens on that channel, and a first call comes at once', async () => {
  const heard = listen(db.database, 'aegis "due"');
  await until(() => heard.calls === 1);
  await db.database.query(`notify "aegis ""due"""`);
  await until(() => heard.calls === 2);
  await db.database.query('notify other');
  await db.database.query(`notify "aegis ""due"""`);
  await until(() => heard.calls >= 3);
  assert.equal(heard.calls, 3);
  heard.stop();
  await gone();
});

test('a wake-up call comes only when the transaction is kept', async () => {
  const heard = listen(db.database, 'kept');
  await until(() => heard.calls === 1);
  await db.database
    .transaction(async (sql) => {
      await sql.query('notify kept');
      throw new Error('rolled back');
    })
    .catch(() => {});
  await db.database.query('notify kept');
  await until(() => heard.calls >= 2);
  assert.equal(heard.calls, 2);
  heard.stop();
  await gone();
});

test('a listener that was cut off comes back, and looks for what it missed', async () => {
  const said: string[] = [];
  const database = makeDatabase({ url: db.url, onError: (words) => said.push(words) });
  const heard = listen(database, 'cut');
  await until(() => heard.calls === 1);
  for (const pid of await listeners()) await db.postgres.admin('select pg_terminate_backend($1)', [pid]);
  await until(() => heard.calls >= 2);
  await database.query('notify cut');
  await until(() => heard.calls >= 3);
  heard.stop();
  await gone();
  await database.close();
});

test('a listener that is ended while it still connects leaves no connection behind', async (t) => {
  const heard = listen(db.database, 'early');
  heard.stop();
  // Whatever becomes of it, it must not outlive this test.
  t.after(async () => {
    for (const pid of await listeners()) await db.postgres.admin('select pg_terminate_backend($1)', [pid]);
  });
  await sleep(300);
  assert.deepEqual(await listeners(), []);
});

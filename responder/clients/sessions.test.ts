import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { makeSessions, type Session, type Sessions } from './sessions.ts';

let postgres: TestPostgres;
let url: string;
let sessions: Sessions;
const opened: pg.Client[] = [];

before(async () => {
  postgres = await startPostgres();
  url = await postgres.fresh('shop');
  sessions = makeSessions({ url, onError: (words) => assert.fail(words) });
});
after(async () => {
  await sessions?.close();
  for (const client of opened) await client.end();
  await postgres?.stop();
});

async function open(application_name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name });
  opened.push(client);
  await client.connect();
  return client;
}
const named = (all: Session[], application: string) => all.find((one) => one.application === application);

/** Until so many sessions wait for a lock. */
async function whenWaiting(count: number): Promise<Session[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const all = await sessions.read();
    if (all.filter((session) => session.waitsForLock).length === count) return all;
    await sleep(50);
  }
  return assert.fail('nobody waits');
}

test('who waits for whom is read, with what the holder does', async () => {
  const holder = await open('shop-1');
  await holder.query('create table stock (n int)');
  await holder.query('begin');
  await holder.query('lock table stock in access exclusive mode');
  const waiters = [await open('shop-2'), await open('shop-3')];
  const waiting: Promise<unknown>[] = [];
  for (const [i, client] of waiters.entries()) {
    waiting.push(client.query('select n from stock'));
    await whenWaiting(i + 1);
  }
  const all = await whenWaiting(2);

  const held = named(all, 'shop-1');
  assert.equal(held?.state, 'idle in transaction');
  assert.match(held?.query ?? '', /^lock table stock/);
  assert.ok((held?.transactionSeconds ?? 0) > 0);
  assert.deepEqual([held?.waitsForLock, held?.blockedBy, held?.user], [false, [], 'postgres']);
  assert.ok(named(all, 'shop-2')?.blockedBy.includes(held?.pid ?? 0));
  assert.equal(named(all, 'aegisops-evidence'), undefined, 'not ourselves');

  await holder.query('rollback');
  await Promise.all(waiting);
  assert.equal((await sessions.read()).filter((session) => session.waitsForLock).length, 0);
});

test('a long statement is told by its first 200 characters', async () => {
  const client = await open('talker');
  await client.query(`select '${'x'.repeat(500)}'`);
  assert.equal(named(await sessions.read(), 'talker')?.query.length, 200);
});

test('a server that does not answer is a failure that says what was asked', async () => {
  const nowhere = makeSessions({ url: 'postgres://a:b@127.0.0.1:1/x', onError: () => {} });
  await assert.rejects(nowhere.read(), {
    code: 'AEGIS_UPSTREAM',
    message: /asked for its sessions: .*ECONNREFUSED/,
  });
  await nowhere.close();
});

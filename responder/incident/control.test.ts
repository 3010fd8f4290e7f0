import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { type Control, makeControl } from './control.ts';

let db: TestDatabase;
let control: Control;
before(async () => {
  db = await startDatabase();
  control = makeControl(db.database);
});
after(() => db.stop());

test('nothing is halted, and no Watchdog was seen, before anybody said so', async () => {
  assert.equal((await control.halt()).on, false);
  assert.equal(await control.lastWatchdog(), null);
});

test('a halt holds for every replica at once, with who and when, until it is taken back', async () => {
  const other = openDatabase(db.url);
  await control.setHalt(true, 'kim');
  const halt = await makeControl(other).halt();
  assert.deepEqual([halt.on, halt.by], [true, 'kim']);
  assert.ok(Math.abs(Date.parse(halt.at) - Date.now()) < 60_000);
  await makeControl(other).setHalt(false, 'lee');
  assert.deepEqual([(await control.halt()).on, (await control.halt()).by], [false, 'lee']);
  await other.close();
});

test('only true is a halt', async () => {
  for (const value of ['false', 'null', '0', '"no"', '{}']) {
    await db.database.query(`update control set value = $1 where name = 'halt'`, [value]);
    assert.equal((await control.halt()).on, false, value);
  }
});

test('the Watchdog leaves the time when it was last seen', async () => {
  await control.watchdogSeen();
  await db.database.query(`update control set changed_at = '2020-01-01' where name = 'watchdog'`);
  assert.equal((await control.lastWatchdog())?.getUTCFullYear(), 2020);
  await control.watchdogSeen();
  assert.notEqual((await control.lastWatchdog())?.getUTCFullYear(), 2020);
  assert.equal((await rowsOf(db.database, `select 1 from control where name = 'watchdog'`)).length, 1);
});

test('a halt that cannot be read is not taken for none', async () => {
  const away = openDatabase(db.url.replace(/\/[^/]*$/, '/nowhere'));
  await assert.rejects(makeControl(away).halt());
  await away.close();
});

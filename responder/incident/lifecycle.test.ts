import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import type { Sql } from './database.ts';
import { isEnd, isMoveLegal, MOVES, STAGES, STATES, type State, stateDuring } from './lifecycle.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const ENDS: State[] = ['resolved', 'no_action', 'escalated', 'failed'];
const CHECK_VIOLATION = { code: '23514' };
const ALL = STATES.flatMap((from) => STATES.map((to) => ({ from, to })));
/** Columns that belong to a state: an end is closed and done with its stages. */
const shape = (state: State) =>
  isEnd(state) ? `stage = 'closed', closed_at = now()` : `stage = 'gather', closed_at = null`;

/** Puts an incident into a state past the trigger, to see what the trigger lets it do from there. */
async function place(sql: Sql, state: State) {
  await sql.query(`set local session_replication_role = replica`);
  await sql.query(`update incident set state = $1, ${shape(state)} where id = 'a'`, [state]);
  await sql.query(`set local session_replication_role = origin`);
}
const insert = (id: string, target = 'shop', state = 'detected') =>
  db.database.query('insert into incident (id, target, starts_at, state) values ($1, $2, now(), $3)', [
    id,
    target,
    state,
  ]);
const close = (id: string) =>
  db.database.query(
    `update incident set state = 'diagnosing' where id = '${id}';
     update incident set state = 'escalated', ${shape('escalated')} where id = '${id}'`,
  );

test('the moves in the database are the moves in the code', async () => {
  const rows = await rowsOf<{ from_state: State; to_state: State }>(
    db.database,
    'select * from lifecycle_move',
  );
  const inCode = STATES.flatMap((from) => MOVES[from].map((to) => `${from} -> ${to}`));
  assert.deepEqual(rows.map((row) => `${row.from_state} -> ${row.to_state}`).sort(), inCode.sort());
});

test('the four ends are ends, and from everywhere else a person can be reached', () => {
  assert.deepEqual(STATES.filter(isEnd), ENDS);
  for (const state of STATES.filter((one) => !isEnd(one) && one !== 'detected'))
    assert.ok(isMoveLegal(state, 'escalated') && isMoveLegal(state, 'no_action'), state);
});

test('resolved is reached by verification alone, failed only after something was done', () => {
  const before = (end: State) => STATES.filter((state) => state !== end && isMoveLegal(state, end));
  assert.deepEqual(before('resolved'), ['verifying']);
  assert.deepEqual(before('failed'), ['remediating', 'verifying']);
  assert.deepEqual(before('verifying'), ['remediating']);
  assert.deepEqual(before('remediating'), ['diagnosing', 'awaiting_approval', 'verifying']);
});

test('each stage has its state; learning and the end leave the state as it is', () => {
  const kept = 'detected';
  const during = STAGES.map((stage) => stateDuring(stage, kept));
  assert.deepEqual(during, [
    'diagnosing',
    'diagnosing',
    'diagnosing',
    'awaiting_approval',
    'remediating',
    'verifying',
    kept,
    kept,
  ]);
});

test('staying is legal everywhere, leaving an end nowhere', () => {
  for (const { from, to } of ALL)
    if (from === to || isEnd(from)) assert.equal(isMoveLegal(from, to), from === to, `${from} -> ${to}`);
});

test('the database itself refuses every move that is not legal, and allows every one that is', async () => {
  await insert('a');
  for (const { from, to } of ALL) {
    const moved = db.database.transaction(async (sql) => {
      await place(sql, from);
      await sql.query(`update incident set state = $1, ${shape(to)} where id = 'a'`, [to]);
    });
    if (isMoveLegal(from, to)) await assert.doesNotReject(moved, `${from} -> ${to}`);
    else await assert.rejects(moved, { ...CHECK_VIOLATION, message: new RegExp(`from ${from} to ${to}`) });
  }
});

test('the database knows no other states, and no incident begins anywhere but at the beginning', async () => {
  await assert.rejects(insert('b', 'shop', 'resolved'), CHECK_VIOLATION);
  await assert.rejects(insert('b', 'shop', 'diagnosing'), CHECK_VIOLATION);
  await insert('b');
  await assert.rejects(
    db.database.query(`update incident set state = 'fine' where id = 'b'`),
    CHECK_VIOLATION,
  );
});

test('closed means an end, and an end means closed', async () => {
  await insert('c');
  await db.database.query(`update incident set state = 'diagnosing' where id = 'c'`);
  for (const half of [
    `state = 'escalated'`,
    `state = 'escalated', closed_at = now()`,
    `state = 'escalated', stage = 'closed'`,
    `closed_at = now(), stage = 'closed'`,
    `closed_at = now()`,
  ])
    await assert.rejects(
      db.database.query(`update incident set ${half} where id = 'c'`),
      CHECK_VIOLATION,
      half,
    );
});

test('a target has one open incident, and another one when that is closed', async () => {
  await insert('d');
  await assert.rejects(insert('e'), { code: '23505', constraint: 'one_open_incident_per_target' });
  await insert('f', 'bank');
  await close('d');
  await insert('e');
  await close('e');
  await insert('g');
  assert.equal((await rowsOf(db.database, `select 1 from incident where target = 'shop'`)).length, 3);
});

test('a closed incident is not opened again', async () => {
  await insert('h');
  await close('h');
  const reopen = db.database.query(
    `update incident set state = 'diagnosing', ${shape('diagnosing')} where id = 'h'`,
  );
  await assert.rejects(reopen, CHECK_VIOLATION);
});

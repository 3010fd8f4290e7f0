/** What waits to be shown: noted with the change itself, taken by one replica at a time, only the newest counts. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { alertOf } from '../../test/builders.ts';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeApprovals } from './approvals.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';
import { ingest } from './ingest.ts';
import { makeFindTold, makeOnce, makeOutbox, type Outbox } from './outbox.ts';

const LEASE_MS = 60_000;
let db: TestDatabase;
let outbox: Outbox;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  outbox = makeOutbox(db.database);
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const event = (text: string) => ({ events: [{ kind: 'gathered', text }] });
const claim = (channel = 'slack', leaseMs = LEASE_MS) => outbox.claim(channel, leaseMs);
async function claimed(channel?: string, leaseMs?: number) {
  await outbox.collect(['slack', 'grafana']);
  return (await claim(channel, leaseMs)) ?? assert.fail('nothing waits');
}

test('every event of a timeline is to be shown, in each channel; what is shown waits no more', async () => {
  const id = await walk.open();
  const one = await claimed();
  assert.equal(one.incidentId, id);
  assert.deepEqual(await outbox.waiting(), [
    { channel: 'grafana', count: 1 },
    { channel: 'slack', count: 1 },
  ]);
  await outbox.shown(one, 0);
  assert.deepEqual(await outbox.waiting(), [{ channel: 'grafana', count: 1 }]);
  await walk.go('diagnose', event('3 pieces'));
  assert.equal((await claimed()).incidentId, id);
});

test('a person’s word is to be shown, too, and whatever else is told in the timeline', async () => {
  const id = await walk.open();
  await outbox.shown(await claimed(), 0);
  await makeApprovals(db.database).take(id, 'kim', 5);
  assert.equal((await claimed()).incidentId, id);
});

test('the note is part of the change: neither is there without the other', async () => {
  const id = await walk.open();
  await outbox.collect([]);
  const broken = db.database.transaction(async (sql) => {
    await sql.query(
      `insert into audit (incident_id, stage, state, kind, text) values ($1, 'gather', 'diagnosing', 'x', 'y')`,
      [id],
    );
    throw new Error('the power went');
  });
  await assert.rejects(broken, /the power went/);
  assert.deepEqual(await rowsOf(db.database, 'select * from outbox_note'), []);
  await walk.go('diagnose', event('3 pieces'));
  const notes = await rowsOf(db.database, 'select incident_id from outbox_note');
  assert.deepEqual(notes, [{ incident_id: id }]);
});

test('many changes are one row, and what changes during a delivery waits for the next', async () => {
  await walk.open();
  const one = await claimed();
  await walk.go('diagnose', event('3 pieces'));
  await walk.go('guard', event('memory leak'));
  await outbox.collect(['slack', 'grafana']);
  await outbox.shown(one, 0);
  const two = await claimed();
  await outbox.shown(two, 0);
  await outbox.collect(['slack', 'grafana']);
  assert.equal(await claim(), null);
});

test('a change that was being written while an earlier one was collected is not lost', async () => {
  const id = await walk.open();
  await outbox.shown(await claimed(), 0);
  const audit = `insert into audit (incident_id, stage, state, kind, text) values ($1, 'x', 'diagnosing', 'x', 'y')`;
  const slow = db.database.transaction(async (sql) => {
    await sql.query(audit, [id]); // takes its number first, and is seen last
    await db.database.query(audit, [id]);
    await outbox.shown(await claimed(), 0);
  });
  await slow;
  assert.equal((await claimed()).incidentId, id);
});

test('of several replicas one delivers', async () => {
  await walk.open();
  await outbox.collect(['slack']);
  const others = [openDatabase(db.url), openDatabase(db.url), openDatabase(db.url)];
  const claims = await Promise.all(others.map((database) => makeOutbox(database).claim('slack', LEASE_MS)));
  assert.equal(claims.filter((one) => one !== null).length, 1);
  await Promise.all(others.map((database) => database.close()));
});

test('whoever lost the lease can change nothing any more', async () => {
  await walk.open();
  const dead = await claimed('slack', 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await outbox.save(dead, { ts: '1' }, LEASE_MS), false, 'its lease has ended');
  const heir = await claimed();
  assert.equal(await outbox.save(heir, { ts: '2' }, LEASE_MS), true);
  assert.equal(await outbox.save(dead, { ts: '1' }, LEASE_MS), false, 'somebody else has it');
  await outbox.shown(dead, 0);
  await outbox.later(dead, 60_000);
  assert.deepEqual(
    await rowsOf(db.database, `select remote, shown, tries from outbox where channel = 'slack'`),
    [{ remote: { ts: '2' }, shown: '0', tries: 0 }],
  );
});

test('what failed comes again at its time, with what was kept', async () => {
  await walk.open();
  const one = await claimed();
  await outbox.save(one, { ts: '1' }, LEASE_MS);
  await outbox.later(one, 60_000);
  assert.equal(await claim(), null);
  await db.database.query('update outbox set due_at = clock_timestamp()');
  const again = await claimed();
  assert.deepEqual([again.remote, again.tries], [{ ts: '1' }, 1]);
});

test('notes of nobody’s channels are thrown away, and nothing old is shown when a channel is set up later', async () => {
  await walk.open();
  await outbox.collect([]);
  await outbox.collect(['slack']);
  assert.equal(await claim(), null);
  assert.deepEqual(await rowsOf(db.database, 'select * from outbox_note'), []);
});

test('an incident that is being worked on holds up no collection, nor a collection the work', async () => {
  const id = await walk.open();
  const lock = 'select 1 from incident where id = $1 for update nowait';
  await db.database.transaction(async (sql) => {
    await sql.query(lock, [id]);
    await outbox.collect(['slack']);
    assert.ok(await claim());
  });
  await walk.go('diagnose', event('3 pieces'));
  await db.database.transaction(async (sql) => {
    await makeOutbox({ ...db.database, query: sql.query.bind(sql) }).collect(['slack']);
    await db.database.query(lock, [id]);
  });
});

test('alerts that resolve while stages end do not stand in each other’s way', async () => {
  await walk.open();
  const resolved = {
    alert: alertOf({ fingerprint: 'f-shop', status: 'resolved' }),
    target: 'shop',
    traceparent: null,
  };
  const rounds = Array.from({ length: 20 }, async () => ingest(db.database, [resolved], []));
  for (const stage of ['diagnose', 'guard'] as const) await walk.go(stage, event(stage));
  await Promise.all([...rounds, outbox.collect(['slack']), outbox.collect(['slack'])]);
  assert.ok(await claimed());
});

test('what is told is the record with its question, and who has it', async () => {
  const id = await walk.open();
  const verdict = await walk.ask(id);
  const approvals = makeApprovals(db.database);
  const find = makeFindTold({ archive: makeArchive(db.database), approvals });
  const told = await find(id);
  assert.deepEqual([told?.approval?.hash, told?.hold, told?.timeline.length], [verdict.hash, null, 1]);
  await approvals.take(id, 'kim', 5);
  assert.equal((await find(id))?.hold?.by, 'kim');
  assert.equal(await find('inc-none'), null);
});

test('a request counts once, on whatever replica, and is forgotten after its time', async () => {
  const once = makeOnce(db.database);
  const answers = await Promise.all([once.first('a', 600), once.first('a', 600), once.first('b', 600)]);
  assert.deepEqual(answers.toSorted(), [false, true, true]);
  await db.database.query(`update request_seen set at = at - interval '1 hour'`);
  assert.equal(await once.first('c', 600), true);
  assert.deepEqual(await rowsOf(db.database, 'select key from request_seen'), [{ key: 'c' }]);
});

/** A person has a target: who, until when, given back or not. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { type Approvals, makeApprovals } from './approvals.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';

let db: TestDatabase;
let approvals: Approvals;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  approvals = makeApprovals(db.database);
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const conflict = (message: RegExp) => ({ code: 'AEGIS_CONFLICT', message });
const timeline = async (id: string) => (await makeArchive(db.database).one(id))?.timeline ?? [];

test('a target is had by the last who took it, until then, and no other target by it', async () => {
  const id = await walk.open();
  assert.equal(await approvals.holdOn('shop'), null);
  await approvals.take(id, 'kim', 60);
  const hold = await approvals.take(id, 'alex', 5);
  assert.deepEqual(await approvals.holdOn('shop'), hold);
  assert.equal(await approvals.holdOn('bank'), null);
  await db.database.query(`update hold set until = clock_timestamp() - interval '1 s'`);
  assert.equal(await approvals.holdOn('shop'), null);
});

test('what was taken is given back by its incident, once, and it stands in the timeline', async () => {
  const id = await walk.open();
  await assert.rejects(approvals.release(id, 'kim'), conflict(/nobody has shop by/));
  await approvals.take(id, 'kim', 60);
  assert.deepEqual(await approvals.release(id, 'alex'), { target: 'shop' });
  assert.equal(await approvals.holdOn('shop'), null);
  assert.equal((await timeline(id)).at(-1)?.text, 'alex gave shop back');
  await assert.rejects(approvals.release(id, 'alex'), conflict(/nobody has shop by/));
});

test('of many who take it at once the last one has it, and none is lost', async () => {
  const id = await walk.open();
  const names = Array.from({ length: 10 }, (_, i) => `person ${i}`);
  await Promise.all(names.map((by) => approvals.take(id, by, 5)));
  assert.ok(names.includes((await approvals.holdOn('shop'))?.by ?? ''));
  assert.equal((await timeline(id)).filter(({ kind }) => kind === 'taken').length, 10);
});

test('what has ended cannot be taken', async () => {
  const id = await walk.open();
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  await assert.rejects(approvals.take(id, 'kim', 5), conflict(/has ended already: it is escalated/));
  assert.equal(await approvals.holdOn('shop'), null);
});

const lapsed = async (id: string) => (await timeline(id)).filter(({ kind }) => kind === 'lapsed');
const tooLong = () => db.database.query(`update hold set until = clock_timestamp() - interval '1 s'`);

test('a hold that lapses is told once by its incident, of several replicas too, also after its end', async () => {
  for (const ended of [false, true]) {
    const id = await walk.open();
    await approvals.take(id, 'kim', 60);
    await approvals.lapse();
    assert.deepEqual(await lapsed(id), [], 'not before');
    if (ended) {
      await walk.go('learn', { outcome: 'escalated' });
      await walk.go('closed');
    }
    await tooLong();
    await Promise.all([1, 2, 3].map(() => approvals.lapse()));
    assert.match((await lapsed(id)).map(({ text }) => text).join(), /^kim had shop until \S+Z$/);
    await db.empty();
  }
});

test('of what is over nobody hears that a hold has lapsed', async () => {
  const id = await walk.open();
  await approvals.take(id, 'kim', 60);
  await walk.go('learn', { outcome: 'no_action' });
  await walk.go('closed');
  await tooLong();
  await approvals.lapse();
  assert.deepEqual(await lapsed(id), []);
});

test('to take, to give back and to lapse at once: nobody waits for the other for ever', async () => {
  for (let round = 0; round < 10; round++) {
    const first = await walk.open();
    await approvals.take(first, 'kim', 60);
    await walk.go('learn', { outcome: 'escalated' });
    await walk.go('closed');
    const second = await walk.open('shop', { fingerprint: `another ${round}` });
    const gone = (error: { code: string }) => assert.equal(error.code, 'AEGIS_CONFLICT');
    await Promise.all([
      approvals.take(second, 'alex', 60),
      approvals.release(first, 'kim').catch(gone),
      approvals.lapse(),
    ]);
    assert.equal((await approvals.holdOn('shop'))?.by, 'alex');
    await db.empty();
  }
});

test('what was taken again or given back meanwhile has not lapsed', async () => {
  const id = await walk.open();
  await approvals.take(id, 'kim', 60);
  await tooLong();
  await approvals.take(id, 'alex', 60);
  await approvals.lapse();
  assert.equal((await approvals.holdOn('shop'))?.by, 'alex');
  await approvals.release(id, 'alex');
  await approvals.lapse();
  assert.deepEqual(await lapsed(id), []);
});

test('whoever takes the target by another incident takes it from the first, which says so', async () => {
  const first = await walk.open();
  await approvals.take(first, 'kim', 60);
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  const second = await walk.open('shop', { fingerprint: 'another' });
  await approvals.take(second, 'alex', 60);
  assert.deepEqual(
    (await lapsed(first)).map(({ text }) => text),
    [`alex has shop now, by ${second}`],
  );
  assert.deepEqual(await lapsed(second), []);
});

/** Actions that are taken back after their incident has ended: when they are due, by whom, and what is told. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { openDatabase, startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';
import { makeTakeBacks, type TakeBacks } from './take-backs.ts';

const LEASE_MS = 60_000;
let db: TestDatabase;
let takeBacks: TakeBacks;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  takeBacks = makeTakeBacks(db.database);
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

/** An ended incident whose action is to be taken back, by default at once. */
async function due(target = 'shop', undoInMs = -1_000): Promise<string> {
  const id = await walk.open(target, { fingerprint: `${target} ${Math.random()}` });
  await walk.act({}, undoInMs);
  await walk.end('resolved');
  return id;
}
const claim = (owner = 'me', leaseMs = LEASE_MS) => takeBacks.claim(owner, leaseMs);
async function claimed(owner?: string, leaseMs?: number) {
  return (await claim(owner, leaseMs)) ?? assert.fail('nothing is due');
}
const record = async (id: string) => (await makeArchive(db.database).one(id)) ?? assert.fail();
const undoOf = async (id: string) => (await record(id)).actions[0]?.undo ?? assert.fail();
const told = async (id: string) =>
  (await record(id)).timeline
    .filter(({ kind }) => kind.startsWith('take'))
    .map(({ kind, text }) => [kind, text]);

test('nothing is due where nothing was done, or only what cannot be taken back', async () => {
  assert.equal(await claim(), null);
  await walk.open();
  await walk.act();
  await walk.end('resolved');
  assert.equal(await claim(), null);
});

test('it is due at its time, and not before', async () => {
  const id = await due('shop', 60_000);
  assert.equal(await claim(), null);
  await db.database.query(`update action set undo_due_at = clock_timestamp() - interval '1 ms'`);
  assert.equal((await claimed()).incidentId, id);
});

test('it is due only after its incident has ended: until then a failed verification asks for it', async () => {
  await walk.open();
  await walk.act({}, -1_000);
  assert.equal(await claim(), null);
  await walk.end('resolved');
  assert.ok(await claim());
});

test('while its target has another open incident it waits; other targets do not keep it', async () => {
  await due();
  await walk.open('bank');
  const next = await walk.open('shop', { fingerprint: 'f2' });
  assert.equal(await claim(), null);
  await db.database.query(`update incident set due_at = now() + interval '1 min' where target = 'bank'`);
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  assert.ok((await record(next)).closedAt);
  assert.ok(await claim());
});

test('the longest due is claimed first, and the whole record of it is given', async () => {
  const late = await due('a', -1_000);
  const first = await due('b', -60_000);
  const { incidentId, action, instance, before, undo } = await claimed();
  assert.deepEqual([incidentId, action, instance], [first, 'SCALE_UP', 'shop-2']);
  assert.deepEqual([before.instances, undo?.state], [[], 'due']);
  assert.equal((await claimed()).incidentId, late);
});

test('a claim is a lease: nobody else has it before it ends, anybody after', async () => {
  await due();
  await claimed('dead', 60_000);
  assert.equal(await claim('other'), null);
  await db.database.query(`update action set undo_lease_until = clock_timestamp() - interval '1 ms'`);
  assert.ok(await claim('other'));
});

test('two replicas that look at once have one each, and never the same', async () => {
  const ids = [await due('a'), await due('b'), await due('c')];
  const second = openDatabase(db.url);
  const other = makeTakeBacks(second);
  const got: string[] = [];
  for (let round = 0; round < 2; round++) {
    const both = await Promise.all([claim('me'), other.claim('other', LEASE_MS)]);
    got.push(...both.filter((one) => one !== null).map((one) => one.incidentId));
  }
  await second.close();
  assert.equal(new Set(got).size, got.length, 'never the same');
  assert.deepEqual(got.toSorted(), ids.toSorted());
});

test('taken back, or failed at it: told in the timeline of its incident, and never due again', async () => {
  const kinds = { done: 'taken_back', failed: 'take_back_failed' } as const;
  for (const result of ['done', 'failed'] as const) {
    const id = await due();
    const { id: action } = await claimed();
    await takeBacks.finish(action, 'me', { result }, 'token=abcdef shop-2 \0');
    const undo = await undoOf(id);
    assert.deepEqual([undo.state, undo.detail], [result, 'token=[redacted] shop-2 ']);
    assert.ok(undo.doneAt);
    assert.deepEqual(await told(id), [[kinds[result], 'token=[redacted] shop-2 ']]);
    assert.equal((await record(id)).timeline.at(-1)?.state, 'resolved');
    await db.database.query(`update action set undo_due_at = clock_timestamp() - interval '1 hour'`);
    assert.equal(await claim(), null);
    await db.empty();
  }
});

test('put off, it is due again later; the same reason is told once, another one anew', async () => {
  const id = await due();
  for (const why of ['halted', 'halted', 'still needed', 'halted']) {
    await takeBacks.finish((await claimed()).id, 'me', { result: 'later', inMs: 30_000.5 }, why);
    assert.equal(await claim(), null, 'not before its time');
    const { state, detail, doneAt, dueAt } = await undoOf(id);
    assert.deepEqual([state, detail, doneAt], ['due', why, null]);
    assert.ok(Math.abs(Date.parse(dueAt ?? '') - Date.now() - 30_000) < 5_000);
    await db.database.query(`update action set undo_due_at = clock_timestamp() - interval '1 ms'`);
  }
  const putOff = (why: string) => ['take_back_put_off', why];
  assert.deepEqual(await told(id), [putOff('halted'), putOff('still needed'), putOff('halted')]);
  await takeBacks.finish((await claimed()).id, 'me', { result: 'done' }, 'halted');
  assert.deepEqual((await told(id)).at(-1), ['taken_back', 'halted'], 'the end is told, whatever its words');
});

test('whoever lost it by its lease changes nothing any more', async () => {
  const id = await due();
  const { id: action } = await claimed('old');
  await db.database.query(`update action set undo_lease_until = clock_timestamp() - interval '1 ms'`);
  await claimed('new');
  await takeBacks.finish(action, 'old', { result: 'failed' }, 'too late');
  assert.deepEqual([(await undoOf(id)).state, await told(id)], ['due', []]);
  await takeBacks.finish(action, 'new', { result: 'done' }, 'shop-2 is stopped');
  await takeBacks.finish(action, 'new', { result: 'failed' }, 'again');
  assert.deepEqual([(await undoOf(id)).state, (await told(id)).length], ['done', 1]);
});

/** Actions on record: when they fall due to be taken back, whether that was done, and what counts as a cure. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { alertOf, pictureOf, stateOf } from '../../test/builders.ts';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';

const LOST = { code: 'AEGIS_LEASE_LOST' };
let db: TestDatabase;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

async function intended() {
  const incidentId = await walk.open();
  const claim = await walk.claimed();
  const intent = {
    ...({
      id: 'act-1',
      incidentId,
      attempt: 1,
      action: 'SCALE_UP',
      target: 'shop',
      instance: 'shop-2',
    } as const),
    ...{ runtime: 'process', verdictHash: 'h1', before: pictureOf({ like: 'shop-1' }) },
  };
  return { ...claim, first: await walk.store.intend(claim.lease, intent) };
}
/** An incident of a target that was cured by an action, or only ended by itself. */
async function past(alert: string, { acted = true, target = 'shop' } = {}): Promise<string> {
  const id = await walk.open(target, { name: alert, fingerprint: `${alert} ${Math.random()}` });
  if (acted) await walk.act();
  else for (const next of ['diagnose', 'guard', 'remediate', 'verify'] as const) await walk.go(next);
  await walk.end('resolved');
  return id;
}
const now = (target = 'shop', name = 'TargetDown') => ({
  id: 'inc-now',
  target,
  alerts: [alertOf({ name })],
});

test('the picture of before is kept as it was taken', async () => {
  const { first, incident } = await intended();
  const before = pictureOf({ like: 'shop-1', instances: [stateOf()] });
  assert.deepEqual([first.before, first.undo], [before, null]);
  assert.deepEqual((await makeArchive(db.database).one(incident.id))?.actions, [first]);
});

test('what is settled without a time to take it back is never due for that', async () => {
  const { lease } = await intended();
  assert.equal((await walk.store.settle(lease, 'act-1', 'done', 'it runs')).undo, null);
});

test('what is settled with one falls due so long after', async () => {
  const { lease } = await intended();
  const { undo, settledAt } = await walk.store.settle(lease, 'act-1', 'done', 'it runs', 90_000.5);
  assert.deepEqual([undo?.state, undo?.detail, undo?.doneAt], ['due', '', null]);
  const inMs = Date.parse(undo?.dueAt ?? '') - Date.parse(settledAt ?? '');
  assert.ok(Math.abs(inMs - 90_000) < 1_000, String(inMs));
  const again = await walk.store.settle(lease, 'act-1', 'failed', 'no', 5);
  assert.deepEqual([again.state, again.undo], ['done', undo], 'the first word stays');
});

test('a failed verification takes it back at once: done, or it could not be', async () => {
  for (const state of ['done', 'failed'] as const) {
    const { lease } = await intended();
    await walk.store.settle(lease, 'act-1', 'done', 'it runs', 90_000);
    const { undo } = await walk.store.undone(lease, 'act-1', state, 'password=hunter2 shop-2 \0');
    assert.deepEqual([undo?.state, undo?.detail], [state, 'password=[redacted] shop-2 ']);
    assert.ok(undo?.doneAt);
    await db.empty();
  }
});

test('whoever lost the lease takes nothing back and settles nothing', async () => {
  const { lease } = await intended();
  const before = await rowsOf(db.database, 'select * from action');
  await db.database.query('update incident set token = token + 1');
  await assert.rejects(walk.store.undone(lease, 'act-1', 'done', 'too late'), LOST);
  await assert.rejects(walk.store.settle(lease, 'act-1', 'done', 'too late', 5), LOST);
  assert.deepEqual(await rowsOf(db.database, 'select * from action'), before);
});

test('what was withdrawn was not made: it is no recent action', async () => {
  const { lease } = await intended();
  assert.equal((await walk.store.recentActions('shop', 60)).length, 1);
  await walk.store.settle(lease, 'act-1', 'withdrawn', 'no longer wanted');
  assert.deepEqual(await walk.store.recentActions('shop', 60), []);
});

test('cures are incidents of the target with one of the alerts that an action resolved', async () => {
  assert.equal(await walk.store.cures(now(), 3_600), 0);
  for (let i = 0; i < 2; i++) await past('TargetDown');
  await past('TargetDown', { target: 'bank' });
  await past('TargetSlow');
  await past('TargetDown', { acted: false });
  assert.equal(await walk.store.cures(now(), 3_600), 2);
  assert.equal(await walk.store.cures(now('bank'), 3_600), 1);
  assert.equal(await walk.store.cures(now('mail'), 3_600), 0);
  const both = { ...now(), alerts: [alertOf({ name: 'TargetDown' }), alertOf({ name: 'TargetSlow' })] };
  assert.equal(await walk.store.cures(both, 3_600), 3);
});

test('neither the incident itself, nor one that was not resolved, nor one of long ago is a cure', async () => {
  const id = await past('TargetDown');
  assert.equal(await walk.store.cures({ ...now(), id }, 3_600), 0);
  await db.database.query(`update incident set closed_at = closed_at - interval '2 hours'`);
  assert.equal(await walk.store.cures(now(), 3_600), 0);
  assert.equal(await walk.store.cures(now(), 3 * 3_600), 1);
  await walk.open('shop', { name: 'TargetDown', fingerprint: 'escalated' });
  await walk.act();
  await walk.end('escalated');
  assert.equal(await walk.store.cures(now(), 3_600), 0);
});

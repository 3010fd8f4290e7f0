/** Whoever lost the lease can change nothing, however late it wakes up. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { alertOf, pictureOf } from '../../test/builders.ts';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { ingest } from './ingest.ts';
import { type Claim, type Intent, makeStore, type Step, type Store } from './store.ts';

const LEASE_MS = 60_000;
const LOST = { code: 'AEGIS_LEASE_LOST' };
const STEP: Step = {
  next: 'diagnose',
  found: { conclusion: 'too late' },
  lesson: {
    signature: 's',
    action: 'NOOP',
    category: 'none',
    target: 'shop',
    alerts: [],
    worked: true,
    note: '',
  },
  events: [{ kind: 'late', text: 'too late' }],
};
const intent: Intent = {
  id: 'act-1',
  incidentId: '',
  attempt: 1,
  action: 'RESTART',
  target: 'shop',
  instance: 'shop-1',
  runtime: 'process',
  verdictHash: 'h1',
  before: pictureOf(),
};

let db: TestDatabase;
let store: Store;
before(async () => {
  db = await startDatabase();
  store = makeStore(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

async function claimed(owner: string, leaseMs = LEASE_MS): Promise<Claim> {
  return (await store.claim(owner, leaseMs)) ?? assert.fail('nothing is due');
}
async function opened(): Promise<void> {
  await ingest(db.database, [{ alert: alertOf(), target: 'shop', traceparent: null }], []);
}
/** The old holder, whose lease ran out, and the new one who took over. */
async function takenOver(): Promise<{ old: Claim; now: Claim }> {
  await opened();
  const old = await claimed('old', -1);
  return { old, now: await claimed('new') };
}
/** Everything that a worker could have changed. */
const everything = async () => ({
  incidents: await rowsOf(db.database, 'select * from incident'),
  actions: await rowsOf(db.database, 'select * from action'),
  audit: await rowsOf(db.database, 'select * from audit order by id'),
  runbook: await rowsOf(db.database, 'select * from runbook'),
});
const intend = ({ lease }: Claim) => store.intend(lease, { ...intent, incidentId: lease.incidentId });

test('after a takeover the old holder can neither finish, renew, release nor intend', async () => {
  const { old } = await takenOver();
  const before = await everything();
  await assert.rejects(store.finish(old.lease, old.incident, STEP, 1), LOST);
  assert.equal(await store.renew(old.lease, LEASE_MS), false);
  await store.release(old.lease, 60_000, 'too late');
  await assert.rejects(intend(old), LOST);
  assert.deepEqual(await everything(), before);
});

test('after a takeover the old holder cannot settle what it intended', async () => {
  await opened();
  const old = await claimed('old');
  await intend(old);
  await db.database.query(`update incident set lease_until = now() - interval '1 s'`);
  const now = await claimed('new');
  const before = await everything();
  await assert.rejects(store.settle(old.lease, 'act-1', 'done', 'too late'), LOST);
  assert.deepEqual(await everything(), before);
  assert.equal((await store.settle(now.lease, 'act-1', 'unknown', 'cannot tell')).state, 'unknown');
});

test('the new holder is not disturbed by the attempts of the old one', async () => {
  const { old, now } = await takenOver();
  await store.renew(old.lease, LEASE_MS);
  await store.release(old.lease, 60_000, 'too late');
  assert.equal(await store.renew(now.lease, LEASE_MS), true);
  assert.equal((await intend(now)).state, 'intended');
  assert.equal(await store.finish(now.lease, now.incident, { ...STEP, events: [] }, 1), 'diagnosing');
});

test('a lease that ran out gives no right to a call, though nobody took it over yet', async () => {
  await opened();
  const late = await claimed('late', -1);
  await assert.rejects(intend(late), LOST);
});

test('a lease that ran out may be renewed and finished with, as long as nobody took it over', async () => {
  await opened();
  const late = await claimed('late', -1);
  assert.equal(await store.renew(late.lease, -1), true);
  assert.equal(await store.finish(late.lease, late.incident, STEP, 1), 'diagnosing');
});

test('what was finished cannot be renewed, and its lease is no right to a call', async () => {
  await opened();
  const done = await claimed('me');
  await store.finish(done.lease, done.incident, STEP, 1);
  assert.equal(await store.renew(done.lease, LEASE_MS), false);
  await assert.rejects(intend(done), LOST);
});

test('what was finished cannot be finished or released a second time', async () => {
  await opened();
  const done = await claimed('me');
  await store.finish(done.lease, done.incident, STEP, 1);
  const before = await everything();
  await assert.rejects(store.finish(done.lease, done.incident, STEP, 1), LOST);
  await store.release(done.lease, 60_000, 'it seemed to break');
  assert.deepEqual(await everything(), before);
});

test('a token of one incident opens no other one', async () => {
  const { now } = await takenOver();
  await ingest(
    db.database,
    [{ alert: alertOf({ fingerprint: 'f2' }), target: 'bank', traceparent: null }],
    [],
  );
  const other = await claimed('new');
  const forged = { ...now, lease: { ...now.lease, incidentId: other.lease.incidentId, token: '999' } };
  await assert.rejects(store.finish(forged.lease, forged.incident, STEP, 1), LOST);
});

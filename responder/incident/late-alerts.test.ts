/** Alerts that join an incident while it is ending: nobody has looked at them yet. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { actionOf, alertOf } from '../../test/builders.ts';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeArchive } from './archive.ts';
import { episodeOf, type Outcome } from './incident.ts';
import { ingest } from './ingest.ts';
import type { Stage } from './lifecycle.ts';
import { type Claim, makeStore, type Store } from './store.ts';

let db: TestDatabase;
let store: Store;
before(async () => {
  db = await startDatabase();
  store = makeStore(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const [FIRST, LATE] = [alertOf(), alertOf({ fingerprint: 'late', name: 'TargetDown' })];
const deliver = (alert = FIRST) => ingest(db.database, [{ alert, target: 'shop', traceparent: null }], []);
async function claimed(): Promise<Claim> {
  return (await store.claim('me', 60_000)) ?? assert.fail('nothing is due');
}
async function go(next: Stage, outcome?: Outcome): Promise<string> {
  const { lease, incident } = await claimed();
  const looks = incident.stage === 'gather' || incident.stage === 'verify';
  const found = looks ? { seen: incident.alerts.map(episodeOf) } : {};
  return store.finish(
    lease,
    incident,
    { next, found, events: [{ kind: 'went', text: next }], ...(outcome && { outcome }) },
    1,
  );
}
async function act() {
  const { lease, incident } = await claimed();
  const { state, detail, intendedAt, settledAt, undo, ...intent } = actionOf({ incidentId: incident.id });
  await store.intend(lease, intent);
  await store.settle(lease, intent.id, 'done', 'runs again');
  await store.finish(lease, incident, { next: 'verify', attempts: 1, events: [] }, 1);
}
async function record() {
  const { incidents } = await makeArchive(db.database).list({ limit: 10 });
  assert.equal(incidents.length, 1);
  return (await makeArchive(db.database).one(incidents[0]?.id ?? '')) ?? assert.fail();
}

test('one that was looked at does not hold up the end', async () => {
  await deliver();
  await deliver(LATE);
  for (const next of ['diagnose', 'guard'] as const) await go(next);
  await go('learn', 'escalated');
  assert.equal(await go('closed'), 'escalated');
});

test('one that nobody looked at makes the incident look again, instead of closing over it', async () => {
  await deliver();
  for (const next of ['diagnose', 'guard'] as const) await go(next);
  await go('learn', 'no_action');
  await deliver(LATE);
  assert.equal(await go('closed'), 'diagnosing');
  const { stage, outcome, closedAt, timeline } = await record();
  assert.deepEqual([stage, outcome, closedAt], ['gather', null, null]);
  assert.match(timeline.at(-1)?.text ?? '', /TargetDown joined while the incident was ending/);
});

test('one that came after an action is looked at by verifying again', async () => {
  await deliver();
  for (const next of ['diagnose', 'guard', 'remediate'] as const) await go(next);
  await act();
  await go('learn', 'resolved');
  await deliver(LATE);
  assert.equal(await go('closed'), 'verifying');
  assert.equal((await record()).stage, 'verify');
  await go('learn', 'resolved');
  assert.equal(await go('closed'), 'resolved');
});

test('one that is resolved already needs no look', async () => {
  await deliver();
  for (const next of ['diagnose', 'guard'] as const) await go(next);
  await go('learn', 'escalated');
  await deliver(LATE);
  await deliver({ ...LATE, status: 'resolved' });
  assert.equal(await go('closed'), 'escalated');
});

test('one that came after a second attempt was refused can be looked at too', async () => {
  await deliver();
  for (const next of ['diagnose', 'guard', 'remediate'] as const) await go(next);
  await act();
  for (const next of ['gather', 'diagnose', 'guard'] as const) await go(next);
  await go('learn', 'escalated');
  await deliver(LATE);
  assert.notEqual(await go('closed'), 'escalated');
});

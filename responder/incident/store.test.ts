import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { alertOf, diagnosisOf, evidenceOf, logs, pictureOf, stateOf } from '../../test/builders.ts';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeArchive } from './archive.ts';
import { type Alert, episodeOf } from './incident.ts';
import { ingest } from './ingest.ts';
import type { Stage } from './lifecycle.ts';
import type { Lesson } from './runbook.ts';
import { type Claim, type Intent, makeStore, type Step, type Store } from './store.ts';

const LEASE_MS = 60_000;
let db: TestDatabase;
let store: Store;
before(async () => {
  db = await startDatabase();
  store = makeStore(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const one = (id: string) => makeArchive(db.database).one(id);
const lesson: Lesson = {
  signature: 'shop: X',
  action: 'RESTART',
  category: 'memory_leak',
  target: 'shop',
  alerts: ['X'],
  worked: true,
  note: 'helped',
};

async function open(target = 'shop', over: Partial<Alert> = {}): Promise<string> {
  const alert = alertOf({ fingerprint: `f-${target}`, ...over });
  const [stored] = await ingest(db.database, [{ alert, target, traceparent: null }], []);
  return stored?.incidentId ?? assert.fail('nothing was opened');
}
async function claimed(owner = 'me', leaseMs = LEASE_MS): Promise<Claim> {
  return (await store.claim(owner, leaseMs)) ?? assert.fail('nothing is due');
}
const step = (next: Stage, over: Partial<Step> = {}): Step => ({
  next,
  events: [{ kind: 'went', text: `to ${next}` }],
  ...over,
});
const finish = (claim: Claim, given: Step) => store.finish(claim.lease, claim.incident, given, 12);
/** Claims and finishes, stage after stage. */
async function walk(...stages: Stage[]): Promise<void> {
  for (const next of stages) {
    const claim = await claimed();
    const seen = claim.incident.alerts.map(episodeOf);
    await finish(
      claim,
      step(next, { ...(next === 'closed' && { outcome: 'resolved' as const }), found: { seen } }),
    );
  }
}
const intentOf = (incidentId: string, over: Partial<Intent> = {}): Intent => ({
  id: 'act-1',
  incidentId,
  attempt: 1,
  action: 'RESTART',
  target: 'shop',
  instance: 'shop-1',
  runtime: 'process',
  verdictHash: 'h1',
  before: pictureOf({ lastOutput: 'last words' }),
  ...over,
});

test('a claim gives the whole record, diagnosing from then on, and a lease', async () => {
  const id = await open();
  const { incident, lease } = await claimed('me');
  assert.equal(incident.id, id);
  assert.deepEqual([incident.state, incident.stage, incident.retries], ['diagnosing', 'gather', 0]);
  assert.deepEqual(incident.alerts, [alertOf({ fingerprint: 'f-shop' })]);
  assert.deepEqual([lease.incidentId, lease.owner], [id, 'me']);
  const left = lease.until - performance.now();
  assert.ok(left > 0 && left <= LEASE_MS, 'rather too early than too late');
});

test('what is claimed, closed or not yet due is not claimed', async () => {
  assert.equal(await store.claim('me', LEASE_MS), null);
  await open();
  await walk('diagnose', 'guard', 'remediate', 'verify', 'learn', 'closed');
  assert.equal(await store.claim('me', LEASE_MS), null, 'it is closed');
  await open('bank');
  const claim = await claimed();
  assert.equal(await store.claim('other', LEASE_MS), null, 'it is claimed');
  await finish(claim, step('diagnose', { dueInMs: 60_000 }));
  assert.equal(await store.claim('me', LEASE_MS), null, 'it is not due');
});

test('the longest due incident is claimed first', async () => {
  const [a, b] = [await open('a'), await open('b')];
  await db.database.query(`update incident set due_at = due_at - interval '1 min' where id = $1`, [b]);
  assert.equal((await claimed()).incident.id, b);
  assert.equal((await claimed()).incident.id, a);
});

test('workers that claim at once never share an incident, and none is left out', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => open(`target-${i}`)));
  const others = [openDatabase(db.url), openDatabase(db.url)];
  const stores = [store, ...others.map(makeStore)];
  const claims = await Promise.all(
    Array.from({ length: 30 }, (_, i) => stores[i % 3]?.claim(`worker-${i}`, LEASE_MS) ?? null),
  );
  const got = claims.filter((claim) => claim !== null).map((claim) => claim.incident.id);
  assert.equal(new Set(got).size, got.length, 'shared');
  // SKIP LOCKED may make one come away empty-handed while others are at it; nothing is lost by that.
  for (let more = await store.claim('me', LEASE_MS); more; more = await store.claim('me', LEASE_MS))
    got.push(more.incident.id);
  assert.deepEqual(got.sort(), ids.sort());
  await Promise.all(others.map((other) => other.close()));
});

test('a claim does not wait for an incident that somebody holds at the moment', async () => {
  const [held, free] = [await open('a'), await open('b')];
  await db.database.transaction(async (sql) => {
    await sql.query('select 1 from incident where id = $1 for update', [held]);
    assert.equal((await claimed()).incident.id, free);
    assert.equal(await store.claim('me', LEASE_MS), null);
  });
  assert.equal((await claimed()).incident.id, held);
});

test('finishing a stage stores what it found on top of the rest, with its event, and frees the incident', async () => {
  const id = await open();
  const evidence = evidenceOf(logs('a line'));
  await finish(await claimed(), step('diagnose', { found: { evidence, conclusion: 'none yet' } }));
  await finish(await claimed(), step('guard', { found: { diagnosis: diagnosisOf() }, attempts: 1 }));
  const incident = await one(id);
  assert.deepEqual(incident?.evidence, evidence);
  assert.deepEqual(incident?.diagnosis, diagnosisOf());
  assert.deepEqual([incident?.conclusion, incident?.attempts, incident?.stage], ['none yet', 1, 'guard']);
  const events = incident?.timeline.map((event) => [
    event.stage,
    event.state,
    event.kind,
    event.text,
    event.ms,
  ]);
  assert.deepEqual(events?.slice(1), [
    ['gather', 'diagnosing', 'went', 'to diagnose', 12],
    ['diagnose', 'diagnosing', 'went', 'to guard', 12],
  ]);
  assert.equal((await claimed()).incident.id, id);
});

test('the state follows the stage, and the outcome decided on the way becomes the last one', async () => {
  const id = await open();
  const states: string[] = [];
  for (const next of ['diagnose', 'guard', 'remediate', 'verify'] as const)
    states.push(await finish(await claimed(), step(next)));
  const verify = await claimed();
  const seen = verify.incident.alerts.map(episodeOf);
  states.push(await finish(verify, step('learn', { outcome: 'resolved', found: { seen } })));
  states.push(await finish(await claimed(), step('closed', { lesson })));
  assert.deepEqual(states, ['diagnosing', 'diagnosing', 'remediating', 'verifying', 'verifying', 'resolved']);
  const incident = await one(id);
  assert.deepEqual([incident?.state, incident?.outcome, incident?.stage], ['resolved', 'resolved', 'closed']);
  assert.ok(incident?.closedAt);
  assert.deepEqual(await rowsOf(db.database, 'select signature, succeeded from runbook'), [
    { signature: 'shop: X', succeeded: 1 },
  ]);
});

test('nothing closes without an outcome', async () => {
  const id = await open();
  await assert.rejects(finish(await claimed(), step('closed')), /cannot close without an outcome/);
  assert.equal((await one(id))?.closedAt, null);
});

test('an illegal move is refused whole: neither the findings, the event nor the lesson stay', async () => {
  const id = await open();
  const illegal = step('closed', { outcome: 'resolved', found: { conclusion: 'half' }, lesson });
  await assert.rejects(finish(await claimed(), illegal), { code: '23514' });
  const incident = await one(id);
  assert.deepEqual(
    [incident?.state, incident?.conclusion, incident?.timeline.length],
    ['diagnosing', null, 1],
  );
  assert.deepEqual(await rowsOf(db.database, 'select 1 from runbook'), []);
});

test('what PostgreSQL cannot hold does not make an incident unwritable', async () => {
  const id = await open();
  const claim = await claimed();
  const hostile = 'a\0b \ud83d c';
  const evidence = evidenceOf(logs(hostile));
  const events = [{ kind: 'gathered', text: hostile }];
  await finish(claim, { next: 'remediate', found: { evidence, conclusion: hostile }, events });
  const again = await claimed();
  const before = pictureOf({ instances: [stateOf({ reason: hostile })], lastOutput: hostile });
  await store.intend(again.lease, intentOf(id, { before }));
  await store.settle(again.lease, 'act-1', 'failed', hostile);
  await store.release(again.lease, 0, hostile);
  const incident = await one(id);
  assert.equal(incident?.conclusion, 'ab \ufffd c');
  assert.equal(incident?.actions[0]?.before.lastOutput, 'ab \ufffd c');
});

test('a broken stage is put back, due later, counted, with the reason in the timeline', async () => {
  const id = await open();
  await store.release((await claimed()).lease, 60_000, 'gather broke: no Prometheus');
  const incident = await one(id);
  assert.deepEqual([incident?.retries, incident?.stage], [1, 'gather']);
  const { kind, text } = incident?.timeline.at(-1) ?? {};
  assert.deepEqual([kind, text], ['retry', 'gather broke: no Prometheus']);
  assert.equal(await store.claim('me', LEASE_MS), null);
  await db.database.query('update incident set due_at = now()');
  await finish(await claimed(), step('diagnose'));
  assert.equal((await one(id))?.retries, 0, 'a stage that went well begins the count anew');
});

test('a lease that ran out is taken over by anybody, and counted: its holder died in it', async () => {
  await open();
  await claimed('dead', -1);
  const { incident, lease } = await claimed('other');
  assert.equal(lease.owner, 'other');
  assert.equal(incident.retries, 1);
});

test('renewing moves the end of the lease, in the database and in the hand', async () => {
  await open();
  const { lease } = await claimed('me', 1);
  assert.equal(await store.renew(lease, LEASE_MS), true);
  assert.ok(lease.until - performance.now() > LEASE_MS / 2);
  assert.equal(await store.claim('other', LEASE_MS), null);
});

test('an intent is written once for a verdict, and once for an attempt', async () => {
  const id = await open();
  const { lease } = await claimed();
  const first = await store.intend(lease, intentOf(id));
  assert.deepEqual([first.state, first.settledAt, first.before.lastOutput], ['intended', null, 'last words']);
  const again = await store.intend(lease, intentOf(id, { id: 'act-2' }));
  assert.deepEqual(again, first, 'the one that is there is given');
  await assert.rejects(store.intend(lease, intentOf(id, { id: 'act-3', verdictHash: 'h2' })), {
    code: '23505',
  });
  assert.deepEqual((await one(id))?.actions, [first]);
});

test('an action is settled once: the first word stays', async () => {
  const id = await open();
  const { lease } = await claimed();
  await store.intend(lease, intentOf(id));
  const done = await store.settle(lease, 'act-1', 'done', 'runs again');
  assert.deepEqual([done.state, done.detail], ['done', 'runs again']);
  assert.ok(done.settledAt);
  assert.deepEqual(await store.settle(lease, 'act-1', 'failed', 'no'), done);
  await assert.rejects(store.settle(lease, 'act-9', 'done', ''), /act-9 is not in the table/);
});

test('recent actions are those on the target within the time, newest first', async () => {
  await open();
  const { lease } = await claimed();
  const ages = { old: 300, newer: 30, elsewhere: 20, newest: 10 };
  for (const [i, [id, seconds]] of Object.entries(ages).entries()) {
    const target = id === 'elsewhere' ? 'bank' : 'shop';
    await store.intend(lease, intentOf(lease.incidentId, { id, target, attempt: i, verdictHash: id }));
    await db.database.query(`update action set intended_at = now() - $2 * interval '1 s' where id = $1`, [
      id,
      seconds,
    ]);
  }
  const ids = async (seconds: number) =>
    (await store.recentActions('shop', seconds)).map((action) => action.id);
  assert.deepEqual(await ids(60), ['newest', 'newer']);
  assert.deepEqual(await ids(600), ['newest', 'newer', 'old']);
  assert.deepEqual(await store.recentActions('mail', 600), []);
});

test('a due time may be any number of ms, a fraction and weeks too', async () => {
  await open();
  for (const dueInMs of [0.4, 30 * 86_400_000]) await finish(await claimed(), step('diagnose', { dueInMs }));
  assert.ok(((await store.nextDueInMs()) ?? 0) > 29 * 86_400_000);
});

test('the next due time is that of the first incident that will be free', async () => {
  assert.equal(await store.nextDueInMs(), null);
  await open();
  assert.ok(((await store.nextDueInMs()) ?? 1) <= 0);
  const claim = await claimed('me', 30_000);
  const leased = (await store.nextDueInMs()) ?? 0;
  assert.ok(leased > 20_000 && leased <= 30_000, 'when the lease ends');
  await finish(claim, step('diagnose', { dueInMs: 90_000 }));
  const later = (await store.nextDueInMs()) ?? 0;
  assert.ok(later > 80_000 && later <= 90_000);
});

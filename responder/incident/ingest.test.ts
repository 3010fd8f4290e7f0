import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ago, alertOf, instanceOf, targetOf } from '../../test/builders.ts';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../test/wait.ts';
import { correlate } from '../correlate/correlate.ts';
import { makeReceive } from '../receive/receive.ts';
import { makeArchive } from './archive.ts';
import type { Alert } from './incident.ts';
import { ingest, type Sighting } from './ingest.ts';
import { makeStore } from './store.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const sighting = (over: Partial<Alert> = {}, target = 'shop'): Sighting => ({
  alert: alertOf(over),
  target,
  traceparent: null,
});
const deliver = (...sightings: Sighting[]) => ingest(db.database, sightings, []);
async function deliverOne(over: Partial<Alert> = {}, target?: string) {
  const [stored] = await deliver(sighting(over, target));
  return stored ?? assert.fail('nothing was said of it');
}
const incidents = () =>
  rowsOf<{ id: string; target: string }>(db.database, 'select * from incident order by opened_at');
const count = async (table: string) => (await rowsOf(db.database, `select 1 from ${table}`)).length;
const timeline = async (id: string | null) => (await makeArchive(db.database).one(id ?? ''))?.timeline ?? [];
/** Ends the open incident of a target, as a worker would. */
async function close() {
  const store = makeStore(db.database);
  const claim = (await store.claim('me', 60_000)) ?? assert.fail('nothing is open');
  await store.finish(claim.lease, claim.incident, { next: 'closed', outcome: 'escalated', events: [] }, 1);
}

test('a firing alert opens an incident that is due at once, with the beginning of the alert as its own', async () => {
  const { incidentId, effect } = await deliverOne({ startsAt: ago(90) });
  assert.equal(effect, 'opened');
  const incident = await makeArchive(db.database).one(incidentId ?? '');
  assert.deepEqual([incident?.state, incident?.stage, incident?.startsAt], ['detected', 'gather', ago(90)]);
  assert.deepEqual(incident?.alerts, [alertOf({ startsAt: ago(90) })]);
  assert.deepEqual(
    incident?.timeline.map((event) => [event.stage, event.kind]),
    [['correlate', 'opened']],
  );
  assert.ok(await makeStore(db.database).claim('me', 60_000));
});

test('a delivery again is the same episode: it opens nothing and is counted', async () => {
  const first = await deliverOne();
  const again = await deliverOne({ annotations: { summary: 'worse' } });
  assert.deepEqual(again, { incidentId: first.incidentId, effect: 'known' });
  const [episode] = await rowsOf<{ deliveries: number; alert: Alert }>(db.database, 'select * from episode');
  assert.equal(episode?.deliveries, 2);
  assert.equal(episode?.alert.annotations.summary, 'worse');
  assert.equal((await timeline(first.incidentId)).length, 1);
});

test('other alerts of a target join its open incident, those of other targets open their own', async () => {
  const first = await deliverOne();
  const second = await deliverOne({ fingerprint: 'f2', name: 'TargetDown' });
  assert.deepEqual(second, { incidentId: first.incidentId, effect: 'joined' });
  assert.equal((await deliverOne({ fingerprint: 'f3' }, 'bank')).effect, 'opened');
  const incident = await makeArchive(db.database).one(first.incidentId ?? '');
  assert.deepEqual(
    incident?.alerts.map((alert) => alert.fingerprint),
    ['f1', 'f2'],
  );
  assert.match(incident?.timeline.at(-1)?.text ?? '', /TargetDown of shop is firing/);
});

test('an alert that begins anew while its incident is open joins it', async () => {
  const first = await deliverOne({ startsAt: ago(90) });
  assert.deepEqual(await deliverOne({ startsAt: ago(10) }), {
    incidentId: first.incidentId,
    effect: 'joined',
  });
});

test('an episode delivered again after its incident closed opens nothing; a new one does', async () => {
  const first = await deliverOne();
  await close();
  assert.deepEqual(await deliverOne(), { incidentId: first.incidentId, effect: 'known' });
  assert.equal(await count('incident'), 1);
  const anew = await deliverOne({ startsAt: ago(1) });
  assert.equal(anew.effect, 'opened');
  assert.notEqual(anew.incidentId, first.incidentId);
});

test('a resolved alert is told once in the timeline of its incident, and stays resolved', async () => {
  const { incidentId } = await deliverOne();
  for (let i = 0; i < 2; i++)
    assert.deepEqual(await deliverOne({ status: 'resolved' }), { incidentId, effect: 'resolved' });
  await deliverOne({ status: 'firing' });
  const incident = await makeArchive(db.database).one(incidentId ?? '');
  assert.equal(incident?.alerts[0]?.status, 'resolved');
  assert.equal(incident?.timeline.filter((event) => event.kind === 'alert_resolved').length, 1);
});

test('resolved first, firing afterwards: a message that overtook another opens nothing', async () => {
  assert.deepEqual(await deliverOne({ status: 'resolved' }), { incidentId: null, effect: 'resolved' });
  assert.equal((await deliverOne({ status: 'firing' })).incidentId, null);
  assert.equal(await count('incident'), 0);
  assert.equal(await count('episode'), 1);
});

test('in one batch a resolved message counts, whichever order it comes in', async () => {
  const [firing, resolved] = [sighting(), sighting({ status: 'resolved' })];
  for (const batch of [
    [firing, resolved],
    [resolved, firing],
  ]) {
    const stored = await deliver(...batch);
    assert.deepEqual(
      stored.map((one) => one.incidentId),
      [null, null],
    );
    await db.empty();
  }
});

test('a batch tells of each sighting what it did, in order', async () => {
  await deliverOne({}, 'bank');
  const stored = await deliver(
    sighting({ fingerprint: 'b2' }, 'bank'),
    sighting({ fingerprint: 's1' }),
    sighting({ fingerprint: 's2', startsAt: ago(300) }),
    sighting({ fingerprint: 's1' }),
    sighting({}, 'bank'),
  );
  assert.deepEqual(
    stored.map((one) => one.effect),
    ['joined', 'opened', 'opened', 'opened', 'known'],
  );
  const [, shop] = await incidents();
  assert.deepEqual(
    stored.slice(1, 4).map((one) => one.incidentId),
    [shop?.id, shop?.id, shop?.id],
  );
  const opened = await rowsOf<{ starts_at: Date }>(
    db.database,
    `select starts_at from incident where target = 'shop'`,
  );
  assert.equal(opened[0]?.starts_at.toISOString(), ago(300), 'it begins with the first of its alerts');
});

test('many replicas that hear of one target at once open one incident', async () => {
  const others = [openDatabase(db.url), openDatabase(db.url)];
  const stored = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      ingest([db.database, ...others][i % 3] ?? db.database, [sighting({ fingerprint: `f${i}` })], []),
    ),
  );
  assert.equal((await incidents()).length, 1);
  const effects = stored.flat().map((one) => one.effect);
  assert.equal(effects.filter((effect) => effect === 'opened').length, 1);
  assert.equal(effects.filter((effect) => effect === 'joined').length, 39);
  await Promise.all(others.map((other) => other.close()));
});

test('batches over many targets, in whatever order, do not lock each other out', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `target-${i}`);
  const shuffled = (from: number) => [...names.slice(from), ...names.slice(0, from)];
  const batch = (i: number) =>
    shuffled(i % 12).flatMap((name) => [
      sighting({ fingerprint: `of all in ${name}` }, name),
      sighting({ fingerprint: `${i} in ${name}` }, name),
    ]);
  await Promise.all(Array.from({ length: 24 }, (_, i) => deliver(...batch(i))));
  assert.equal(await count('incident'), 12);
  assert.equal(await count('episode'), 12 + 24 * 12);
});

test('1,000 deliveries of one alert by HTTP bodies are one incident and one episode', async () => {
  const receive = makeReceive({
    store: (sightings, rejected) => ingest(db.database, sightings, rejected),
    inventory: async () => [targetOf({ instances: [instanceOf('shop-1')] })],
    correlate,
    onWatchdog: async () => {},
    onAlert: () => {},
    traceparent: () => null,
  });
  const body = {
    alerts: [{ status: 'firing', labels: { alertname: 'X', service: 'shop' }, startsAt: ago(5) }],
  };
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => receive(body)));
  const [incident, ...more] = await incidents();
  assert.deepEqual(more, []);
  for (const answer of answers)
    assert.deepEqual(
      answer.stored.map((one) => one.incidentId),
      [incident?.id],
    );
  const [episode] = await rowsOf(db.database, 'select deliveries from episode');
  assert.equal(episode?.deliveries, 1_000);
  assert.equal((await timeline(incident?.id ?? '')).length, 1);
});

test('rejected alerts are kept with their reason, also when nothing else came', async () => {
  await ingest(db.database, [], [{ reason: 'labels: bad', body: { labels: 5 } }]);
  const rows = await rowsOf(db.database, 'select reason, body from rejected_alert');
  assert.deepEqual(rows, [{ reason: 'labels: bad', body: '{"labels":5}' }]);
});

test('whatever the database refuses leaves nothing half-written, of no sighting', async () => {
  const impossible = sighting({ fingerprint: 'f2', startsAt: '+020000-01-01T00:00:00.000Z' }, 'bank');
  await assert.rejects(ingest(db.database, [sighting(), impossible], [{ reason: 'bad', body: 1 }]));
  for (const table of ['incident', 'episode', 'audit', 'rejected_alert'])
    assert.equal(await count(table), 0, table);
});

test('what PostgreSQL cannot hold is dropped from words, not refused with its alert', async () => {
  const words = 'a\0b \ud83d c';
  const { incidentId } = await deliverOne({ annotations: { summary: words, [words]: words } });
  await ingest(db.database, [], [{ reason: words, body: { [words]: words } }]);
  const incident = await makeArchive(db.database).one(incidentId ?? '');
  assert.equal(incident?.alerts[0]?.annotations.summary, 'ab \ufffd c');
  assert.equal(await count('rejected_alert'), 1);
});

test('what is stored wakes the workers, once a transaction is through', async () => {
  let woken = 0;
  const ended = new AbortController();
  await new Promise<void>((resolve) =>
    db.database.listen('aegis_due', () => (++woken === 1 ? resolve() : undefined), ended.signal),
  );
  await deliverOne();
  await until(() => woken >= 2);
  ended.abort();
  assert.equal(woken, 2);
});

/** What reconciliation reads and writes: episodes that are believed to fire, those that ended unheard, those that fire on. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ago, alertOf } from '../../test/builders.ts';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { gate, until } from '../../test/wait.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';
import { ingest } from './ingest.ts';
import { type FiringEpisode, makeReconciliation, type Reconciliation } from './reconciliation.ts';

let db: TestDatabase;
let reconciliation: Reconciliation;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  reconciliation = makeReconciliation(db.database);
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const NAME = 'TargetMemorySaturated';
const episodeOf = (incidentId: string, over: Partial<FiringEpisode> = {}): FiringEpisode => ({
  ...{ fingerprint: 'f-shop', startsAt: ago(30), name: NAME, incidentId, target: 'shop' },
  ...over,
});
const record = async (id: string) => (await makeArchive(db.database).one(id)) ?? assert.fail();
const incidents = () => rowsOf<{ id: string }>(db.database, 'select id from incident order by opened_at');
const sayings = async (id: string) =>
  (await record(id)).timeline.filter(({ kind }) => kind === 'alert_resolved').map(({ text }) => text);
/** An incident of the shop that was closed as over, ten minutes ago, after an action or without one. */
async function closed(over: { found?: object; acted?: boolean; outcome?: 'resolved' | 'no_action' } = {}) {
  const { found = {}, acted = true, outcome = 'resolved' } = over;
  const id = await walk.open();
  if (acted) await walk.act();
  else for (const next of ['diagnose', 'guard', 'remediate', 'verify'] as const) await walk.go(next);
  await walk.end(outcome, { found });
  await db.database.query(`update incident set closed_at = closed_at - interval '10 min' where id = $1`, [
    id,
  ]);
  return id;
}
const ids = async (afterSeconds = 120) =>
  (await reconciliation.closed(afterSeconds)).map(({ incidentId }) => incidentId);

test('open are the firing episodes of open incidents that Alertmanager told', async () => {
  assert.deepEqual(await reconciliation.open(), []);
  const id = await walk.open();
  await walk.open('direct', { source: 'direct' });
  await walk.open('over');
  await ingest(
    db.database,
    [{ alert: alertOf({ fingerprint: 'f-over', status: 'resolved' }), target: 'over', traceparent: null }],
    [],
  );
  assert.deepEqual(await reconciliation.open(), [episodeOf(id)]);
});

test('what a person has to see to is watched on, also by its follow-up: whether it still fires is told', async () => {
  const escalated = await walk.open();
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  assert.deepEqual(await reconciliation.open(), [episodeOf(escalated)]);
  await reconciliation.resolve([episodeOf(escalated)]);
  assert.deepEqual(await reconciliation.open(), []);
  assert.equal((await sayings(escalated)).length, 1);
  await db.empty();
  const id = await closed();
  await reconciliation.followUp(episodeOf(id), 'it still fires');
  assert.deepEqual(await reconciliation.open(), [episodeOf(id)]);
});

test('what is closed as over is open no more', async () => {
  await closed();
  assert.deepEqual(await reconciliation.open(), []);
});

test('an episode that ended unheard is resolved, and told so once', async () => {
  const id = await walk.open();
  const other = await walk.open('bank');
  for (let i = 0; i < 2; i++) await reconciliation.resolve([episodeOf(id)]);
  assert.equal((await record(id)).alerts[0]?.status, 'resolved');
  assert.deepEqual(await sayings(id), [
    `${NAME} that began at ${ago(30)} is resolved (Alertmanager knows it no more)`,
  ]);
  assert.deepEqual(await sayings(other), []);
  assert.deepEqual(
    (await reconciliation.open()).map((one) => one.target),
    ['bank'],
  );
});

test('what was told resolved already is not told again, and another beginning is another episode', async () => {
  const id = await walk.open();
  const over = alertOf({ fingerprint: 'f-shop', status: 'resolved' });
  await ingest(db.database, [{ alert: over, target: 'shop', traceparent: null }], []);
  await reconciliation.resolve([episodeOf(id)]);
  assert.equal((await sayings(id)).length, 1);
  await walk.open('shop', { startsAt: ago(5) });
  await reconciliation.resolve([episodeOf(id)]);
  assert.deepEqual(await reconciliation.open(), [episodeOf(id, { startsAt: ago(5) })]);
});

test('whoever waits for an answer about it is looked at again at once', async () => {
  const id = await walk.open();
  await walk.ask(id);
  await walk.go('approve', { dueInMs: 60_000 });
  assert.equal(await walk.store.claim('me', 1_000), null);
  await reconciliation.resolve([episodeOf(id)]);
  assert.equal((await walk.claimed()).incident.id, id);
});

test('replicas that resolve, while the same alerts come in, neither wait for each other nor fail', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const alerts = names.map((name) => alertOf({ fingerprint: name, name }));
  const deliver = () =>
    ingest(
      db.database,
      alerts.map((alert) => ({ alert, target: 'shop', traceparent: null })),
      [],
    );
  const id = (await deliver())[0]?.incidentId ?? assert.fail();
  await walk.ask(id);
  const episodes = names.map((name) => episodeOf(id, { fingerprint: name, name }));
  const second = openDatabase(db.url);
  const other = makeReconciliation(second);
  await Promise.all(
    Array.from({ length: 5 }).flatMap(() => [
      reconciliation.resolve(episodes.toReversed()),
      other.resolve(episodes),
      deliver(),
    ]),
  );
  await second.close();
  assert.equal((await sayings(id)).length, names.length);
});

test('closed are those that ended as over, a while ago, and whose alerts still fire', async () => {
  const id = await closed();
  const [one, ...more] = await reconciliation.closed(120);
  assert.deepEqual(more, []);
  const { closedAt, ...episode } = one ?? assert.fail();
  assert.deepEqual(episode, episodeOf(id));
  assert.equal(closedAt, (await record(id)).closedAt);
  assert.deepEqual(await ids(3_600), [], 'not so long ago');
  await db.database.query(`update incident set closed_at = closed_at - interval '25 hours'`);
  assert.deepEqual(await ids(), [], 'too long ago');
});

test('nothing is to be watched where a person has it already, or the alert is over', async () => {
  await walk.open('escalated');
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  assert.deepEqual(await ids(0), []);
  const id = await closed({ acted: false, outcome: 'no_action' });
  assert.deepEqual(await ids(), [id]);
  await reconciliation.resolve([episodeOf(id)]);
  assert.deepEqual(await ids(), []);
});

test('an incident that looks back over hours is watched only after its own time, with an action or without', async () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  for (const outcome of ['resolved', 'no_action'] as const) {
    await closed({ found: { watchUntil: soon }, acted: outcome === 'resolved', outcome });
    assert.deepEqual(await ids(), []);
    await db.empty();
  }
  const id = await closed({ found: { watchUntil: new Date(Date.now() - 1_000).toISOString() } });
  assert.deepEqual(await ids(), [id]);
  await db.empty();
  const never = await closed({ found: { watchUntil: null } });
  assert.deepEqual(await ids(), [never]);
});

test('a follow-up shows the same alerts, goes to a person, and is one for ever', async () => {
  const id = await closed({ found: { diagnosis: { root_cause: 'a leak' } } });
  assert.equal(await reconciliation.followUp(episodeOf(id), 'Not recovered: it still fires'), true);
  assert.equal(await reconciliation.followUp(episodeOf(id), 'again'), false);
  assert.deepEqual(await ids(), []);
  const claim = await walk.claimed();
  const { follows, alerts, outcome, stage, conclusion, diagnosis, startsAt, actions } = claim.incident;
  assert.deepEqual(
    [follows, outcome, stage, conclusion, startsAt, actions],
    [id, 'escalated', 'learn', 'Not recovered: it still fires', ago(30), []],
  );
  assert.deepEqual([alerts.length, alerts[0]?.name, alerts[0]?.status], [1, NAME, 'firing']);
  assert.equal(diagnosis?.root_cause, 'a leak', 'so that the runbook learns that it did not last');
  assert.equal(
    await walk.store.finish(claim.lease, claim.incident, { next: 'closed', events: [] }, 1),
    'escalated',
  );
  assert.equal(await reconciliation.followUp(episodeOf(id), 'once more'), false);
  assert.equal((await incidents()).length, 2);
});

test('both tell of each other: the one that was closed too soon who goes on with it, and both that the alert has ended', async () => {
  const id = await closed();
  assert.equal((await record(id)).followedBy, null);
  await reconciliation.followUp(episodeOf(id), 'it still fires');
  const { followedBy, timeline } = await record(id);
  const [, second = assert.fail()] = (await incidents()).map((one) => one.id);
  assert.equal(followedBy, second);
  assert.deepEqual(
    [timeline.at(-1)?.kind, timeline.at(-1)?.text],
    ['followed', `its alerts fire on after it was closed as over: ${second} goes on with it`],
  );
  await reconciliation.resolve([episodeOf(id)]);
  for (const one of [id, second]) assert.equal((await sayings(one)).length, 1, one);
});

test('where nothing was done there is nothing that did not last', async () => {
  const id = await closed({ acted: false, outcome: 'no_action', found: { diagnosis: { root_cause: 'x' } } });
  await reconciliation.followUp(episodeOf(id), 'it still fires');
  assert.equal((await walk.claimed()).incident.diagnosis, null);
});

test('a target with an open incident gets no follow-up: that one is about it', async () => {
  const id = await closed();
  const open = await walk.open('shop', { fingerprint: 'f2' });
  assert.equal(await reconciliation.followUp(episodeOf(id), 'it still fires'), false);
  assert.deepEqual(
    (await incidents()).map((one) => one.id),
    [id, open],
  );
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  assert.equal(await reconciliation.followUp(episodeOf(id), 'it still fires'), true);
});

test('of replicas that say it at once one does, and of several alerts of one incident one', async () => {
  const id = await closed();
  const second = openDatabase(db.url);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      (i % 2 ? reconciliation : makeReconciliation(second)).followUp(
        episodeOf(id, { fingerprint: `f${i}` }),
        'it still fires',
      ),
    ),
  );
  await second.close();
  assert.equal(answers.filter(Boolean).length, 1);
});

test('a follow-up of what is not there opens nothing', async () => {
  assert.equal(await reconciliation.followUp(episodeOf('inc-none'), 'it still fires'), false);
  assert.deepEqual(await incidents(), []);
});

test('lines of one timeline are numbered in the order in which they end, whoever writes them', async () => {
  const id = await walk.open();
  const other = openDatabase(db.url);
  const { opened: mayEnd, open: end } = gate();
  const { opened: hasBegun, open: begun } = gate();
  // As a stage does: it has the incident, and writes its line at the end.
  const stage = db.database.transaction(async (sql) => {
    await sql.query('select from incident where id = $1 for update', [id]);
    begun();
    await mayEnd;
    await sql.query(
      `insert into audit (incident_id, stage, state, kind, text) values ($1, 'gather', 'detected', 'x', 'of a stage')`,
      [id],
    );
  });
  await hasBegun;
  const resolved = makeReconciliation(other).resolve([episodeOf(id)]);
  const isWaiting = async () =>
    (await rowsOf(db.database, `select from pg_locks where not granted`)).length > 0;
  await until(isWaiting);
  end();
  await Promise.all([stage, resolved]);
  await other.close();
  const texts = (await record(id)).timeline.map(({ text }) => text);
  assert.match(texts.at(-2) ?? '', /^of a stage$/);
  assert.match(texts.at(-1) ?? '', /is resolved/);
});

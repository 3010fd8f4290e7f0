/** A timeline only ever grows at its end: who has read it, and counted, has missed nothing in between. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { alertOf } from '../../test/builders.ts';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../test/wait.ts';
import { makeApprovals } from './approvals.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';
import { ingest } from './ingest.ts';
import { makeReconciliation } from './reconciliation.ts';
import { makeTakeBacks } from './take-backs.ts';

let db: TestDatabase;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const kinds = async (id: string) =>
  (await makeArchive(db.database).one(id))?.timeline.map(({ kind }) => kind);
const sighting = (fingerprint: string, status: 'firing' | 'resolved', target = 'shop') => ({
  ...{ alert: alertOf({ fingerprint, status }), target, traceparent: null },
});
const episodeOf = (incidentId: string) => ({
  ...{ fingerprint: 'f-shop', startsAt: alertOf().startsAt, name: 'x', target: 'shop', incidentId },
});
/** Closed as over, with an action that is to be taken back. */
async function ended(): Promise<string> {
  const id = await walk.open();
  await walk.act({}, -1_000);
  await walk.end('resolved');
  return id;
}
async function takenBack(): Promise<void> {
  const takeBacks = makeTakeBacks(db.database);
  const { id } = (await takeBacks.claim('me', 60_000)) ?? assert.fail('nothing is due');
  await takeBacks.finish(id, 'me', { result: 'done' }, 'it is gone');
}

const WAYS: [string, string, (id: string) => Promise<unknown>][] = [
  ['an alert is resolved', 'alert_resolved', () => ingest(db.database, [sighting('f-shop', 'resolved')], [])],
  [
    'reconciliation finds it over',
    'alert_resolved',
    (id) => makeReconciliation(db.database).resolve([episodeOf(id)]),
  ],
  [
    'it is followed up',
    'followed',
    (id) => makeReconciliation(db.database).followUp(episodeOf(id), 'it fires on'),
  ],
  ['its action is taken back', 'taken_back', takenBack],
  ['what was taken is given back', 'released', (id) => makeApprovals(db.database).release(id, 'kim')],
];
for (const [words, kind, work] of WAYS)
  test(`while something else is being written ${words}: what is seen first comes first`, async () => {
    const id = await ended();
    await db.database.query(
      `insert into hold (target, by, incident_id, until) values ('shop', 'kim', $1, now() + interval '1 hour')`,
      [id],
    );
    const before = (await kinds(id)) ?? assert.fail();
    let isDone = false;
    let working: Promise<unknown> = Promise.resolve();
    await db.database.transaction(async (sql) => {
      // As a stage does that ends: its number is taken, and nobody sees it yet.
      await sql.query('update incident set retries = retries where id = $1', [id]);
      await sql.query(
        `insert into audit (incident_id, stage, state, kind, text) values ($1, 'learn', 'resolved', 'first', 'x')`,
        [id],
      );
      working = work(id).then(() => {
        isDone = true;
      });
      await until(async () => isDone || (await waitsForALock()));
      assert.deepEqual(await kinds(id), before);
    });
    await working;
    assert.deepEqual(await kinds(id), [...before, 'first', kind]);
  });

async function waitsForALock(): Promise<boolean> {
  const rows = await rowsOf(
    db.database,
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

test('alerts of old and of open incidents, some of which join, do not lock each other out', async () => {
  // Each batch has episodes of its own, so that it is only the incidents that they meet at.
  const batches = Array.from({ length: 20 }, (_, i) => i);
  const all = (name: string) => batches.map((i) => sighting(`${name} ${i}`, 'firing'));
  for (const name of ['old', 'older']) {
    await ingest(db.database, all(name), []);
    await walk.go('learn', { outcome: 'escalated' });
    await walk.go('closed');
  }
  await ingest(db.database, all('open'), []);
  await Promise.all(
    batches.map((i) => {
      const over = ['old', 'older', 'open'].map((name) => sighting(`${name} ${i}`, 'resolved'));
      return ingest(db.database, i % 2 === 0 ? over : [...over, sighting(`new ${i}`, 'firing')], []);
    }),
  );
  const told = await rowsOf(db.database, `select from audit where kind = 'alert_resolved'`);
  // By what was told and when it began, which is the same for all of an incident.
  assert.equal(told.length, 3);
});

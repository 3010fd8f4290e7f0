import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ago, alertOf } from '../../test/builders.ts';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { type Archive, type ListFilter, makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';
import { ingest } from './ingest.ts';
import { makeStore } from './store.ts';

let db: TestDatabase;
let archive: Archive;
before(async () => {
  db = await startDatabase();
  archive = makeArchive(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

/** Opens one incident for each target, one after the other. */
async function open(...targets: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const target of targets) {
    const alert = alertOf({ fingerprint: `f-${target}`, name: `Alert of ${target}` });
    const [stored] = await ingest(db.database, [{ alert, target, traceparent: '00-a-b-01' }], []);
    ids.push(stored?.incidentId ?? assert.fail());
  }
  return ids;
}
const targets = async (over: Partial<ListFilter> = {}) =>
  (await archive.list({ limit: 10, ...over })).incidents.map((incident) => incident.target);

test('an empty list is a list', async () => {
  assert.deepEqual(await archive.list({ limit: 10 }), { incidents: [], next: null });
});

test('the newest incident comes first, with its alert and its conclusion', async () => {
  await open('a', 'b', 'c');
  const store = makeStore(db.database);
  const claim = (await store.claim('me', 60_000)) ?? assert.fail();
  const found = { conclusion: 'nobody home' };
  await store.finish(
    claim.lease,
    claim.incident,
    { next: 'closed', outcome: 'escalated', found, events: [] },
    1,
  );
  assert.deepEqual(await targets(), ['c', 'b', 'a']);
  const first = (await archive.list({ limit: 10 })).incidents.at(-1);
  assert.deepEqual(
    [first?.alertname, first?.conclusion, first?.state, first?.outcome, first?.startsAt],
    ['Alert of a', 'nobody home', 'escalated', 'escalated', ago(30)],
  );
  assert.ok(first?.closedAt);
});

test('a list may be narrowed to a target, a state and a time', async () => {
  await open('a', 'b');
  await makeStore(db.database).claim('me', 60_000);
  assert.deepEqual(await targets({ target: 'a' }), ['a']);
  assert.deepEqual(await targets({ target: `a' or '1'='1` }), []);
  assert.deepEqual(await targets({ state: 'diagnosing' }), ['a']);
  assert.deepEqual(await targets({ state: 'detected', target: 'a' }), []);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  assert.deepEqual(await targets({ since: tomorrow }), []);
  assert.deepEqual(await targets({ since: '2020-01-01T00:00:00+02:00' }), ['b', 'a']);
});

test('a list may be narrowed to an outcome, also of what is still ending, and to the name of an alert', async () => {
  await open('a', 'b', 'c');
  await db.database.query(`update incident set outcome = 'escalated' where target = 'b'`);
  assert.deepEqual(await targets({ outcome: 'escalated' }), ['b']);
  assert.deepEqual(await targets({ outcome: 'resolved' }), []);
  assert.deepEqual(await targets({ alertname: 'Alert of c' }), ['c']);
  assert.deepEqual(await targets({ alertname: 'Alert of c', outcome: 'escalated' }), []);
  const joined = alertOf({ fingerprint: 'second', name: 'TargetDown', startsAt: ago(1) });
  await ingest(db.database, [{ alert: joined, target: 'a', traceparent: null }], []);
  assert.deepEqual(await targets({ alertname: 'TargetDown' }), ['a'], 'any of its alerts');
});

test('a follow-up is listed by the alerts of the incident that it follows', async () => {
  const [id] = await open('a');
  await db.database.query(
    `update incident set state = 'diagnosing';
     update incident set state = 'no_action', outcome = 'no_action', stage = 'closed', closed_at = now();`,
  );
  await db.database.query(
    `insert into incident (id, target, starts_at, stage, outcome, follows) values ('inc-f', 'a', now(), 'learn', 'escalated', $1)`,
    [id],
  );
  const { incidents } = await archive.list({ limit: 10, alertname: 'Alert of a' });
  assert.deepEqual(
    incidents.map((one) => [one.alertname, one.follows]),
    [
      ['Alert of a', id],
      ['Alert of a', null],
    ],
  );
});

test('every word that is searched for has to be there: in the target, an alert, the category or the conclusion, or as the id', async () => {
  const [id] = await open('cart-service', 'billing');
  const findings = { conclusion: 'RESTART on cart-1 Helped', diagnosis: { category: 'memory_leak' } };
  await db.database.query('update incident set findings = $2 where id = $1', [id, findings]);
  for (const q of ['cart', 'CART helped', 'memory leak', 'memory_leak', 'alert cart-s', id, ' restart  on '])
    assert.deepEqual(await targets({ q }), ['cart-service'], q);
  assert.deepEqual(await targets({ q: 'alert of' }), ['billing', 'cart-service']);
  for (const q of ['cart billing', '%', "'", 'inc-']) assert.deepEqual(await targets({ q }), [], q);
  assert.deepEqual(await targets({ q: ' ' }), ['billing', 'cart-service']);
});

test('only the open ones, where that is asked', async () => {
  const [id] = await open('a', 'b');
  await db.database.query(`update incident set state = 'diagnosing' where id = $1`, [id]);
  await db.database.query(
    `update incident set state = 'no_action', stage = 'closed', closed_at = now() where id = $1`,
    [id],
  );
  assert.deepEqual(await targets({ open: true }), ['b']);
  assert.deepEqual(await targets({ open: false }), ['b', 'a']);
});

test('unfinished is what has not ended, and what a person has to see to while its alert fires, or for a day', async () => {
  const ids = await open('open', 'over', 'handed', 'silent', 'old', 'old-silent', 'old-direct', 'asking');
  const end = (id: string | undefined, state: string) =>
    db.database.query(
      `update incident set state = $2, outcome = $2, stage = 'closed', closed_at = now() where id = $1`,
      [id, state],
    );
  await db.database.query(`update incident set state = 'diagnosing'`);
  await end(ids[1], 'no_action');
  for (const id of ids.slice(2, 7)) await end(id, 'escalated');
  await db.database.query(`update incident set state = 'awaiting_approval' where id = $1`, [ids[7]]);
  await db.database.query(`update episode set status = 'resolved' where incident_id = any($1)`, [
    [ids[3], ids[5]],
  ]);
  await db.database.query(
    `update episode set alert = jsonb_set(alert, '{source}', '"direct"') where incident_id = $1`,
    [ids[6]],
  );
  await db.database.query(
    `update incident set opened_at = opened_at - interval '2 days' where id = any($1)`,
    [ids.slice(4)],
  );
  assert.deepEqual(
    await targets({ unfinished: true }),
    ['asking', 'open', 'silent', 'handed', 'old'],
    'the most urgent first, and of the others the newest',
  );
  const { incidents } = await archive.list({ unfinished: true, limit: 9 });
  assert.deepEqual(
    incidents.map(({ firing }) => firing),
    [true, true, false, true, true],
  );
});

test('unfinished is also what ended well and left something that could not be taken back', async () => {
  const walk = makeWalk(db.database);
  const id = await walk.open('stuck');
  await walk.act({ action: 'SCALE_UP', instance: 'stuck-2' }, 0);
  await walk.end('resolved');
  assert.deepEqual(await targets({ unfinished: true }), []);
  await db.database.query(`update action set undo_state = 'failed' where incident_id = $1`, [id]);
  assert.deepEqual(await targets({ unfinished: true }), ['stuck']);
  const { incidents } = await archive.list({ limit: 5 });
  assert.deepEqual(
    incidents.map(({ notTakenBack }) => notTakenBack),
    ['SCALE_UP of stuck-2'],
  );
});

test('pages stay in step while incidents open and end between them', async () => {
  await open('a', 'b', 'c', 'd');
  await db.database.query(`update incident set outcome = 'escalated'`);
  const first = await archive.list({ limit: 2, outcome: 'escalated' });
  await open('e');
  await db.database.query(`update incident set outcome = 'escalated', state = 'diagnosing'`);
  const second = await archive.list({ limit: 2, outcome: 'escalated', cursor: first.next ?? '' });
  const seen = [...first.incidents, ...second.incidents].map((one) => one.target);
  assert.deepEqual([seen, second.next], [['d', 'c', 'b', 'a'], null]);
});

test('pages follow each other without a gap or a repetition, also where incidents opened in one instant', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  await open(...names);
  await db.database.query(`update incident set opened_at = date_trunc('hour', now())`);
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 4; page++) {
    const { incidents, next } = await archive.list({ limit: 2, cursor });
    seen.push(...incidents.map((incident) => incident.target));
    assert.equal(next === null, page === 3);
    cursor = next ?? undefined;
  }
  assert.deepEqual(seen.sort(), names);
});

test('a full last page is the last page', async () => {
  await open('a', 'b');
  assert.equal((await archive.list({ limit: 2 })).next, null);
  assert.notEqual((await archive.list({ limit: 1 })).next, null);
});

test('a cursor that no list gave out is refused by name', async () => {
  const at = '2026-03-01T12:00:00.000Z';
  for (const cursor of [
    '2026-02-31T12:00:00.000Z_inc-1',
    '0000-01-01T12:00:00.000Z_inc-1',
    '',
    'x',
    '_',
    'yesterday_inc-1',
    '2026_inc-1',
    `${at}_`,
    `${at}_inc-\0`,
    `_inc-1`,
    `9${at}_inc-1`,
  ])
    await assert.rejects(
      archive.list({ limit: 1, cursor }),
      { code: 'AEGIS_QUERY', field: 'cursor' },
      cursor,
    );
});

test('one incident is there whole, with its timeline in order; another one is not there', async () => {
  const [id = ''] = await open('a');
  const incident = await archive.one(id);
  assert.deepEqual([incident?.id, incident?.target, incident?.traceparent], [id, 'a', '00-a-b-01']);
  assert.equal(incident?.alerts.length, 1);
  assert.deepEqual([incident?.evidence, incident?.diagnosis, incident?.actions], [[], null, []]);
  assert.equal(incident?.timeline.length, 1);
  for (const nobody of ['inc-9', '', 'a\0b', `' or true --`, 'x'.repeat(10_000)])
    assert.equal(await archive.one(nobody), null);
});

test('only open incidents stand, with the state that they are in', async () => {
  await open('a', 'b');
  const store = makeStore(db.database);
  const claim = (await store.claim('me', 60_000)) ?? assert.fail();
  const states = async () => (await archive.openStates()).map((one) => `${one.target} ${one.state}`).sort();
  assert.deepEqual(await states(), ['a diagnosing', 'b detected']);
  await store.finish(claim.lease, claim.incident, { next: 'closed', outcome: 'no_action', events: [] }, 1);
  assert.deepEqual(await states(), ['b detected']);
});

test('a row that an older version wrote, with less in it, can be read', async () => {
  const [id = ''] = await open('a');
  await db.database.query(`update incident set findings = '{"conclusion": "old"}'`);
  const incident = await archive.one(id);
  assert.deepEqual([incident?.conclusion, incident?.evidence, incident?.postmortem], ['old', [], null]);
  assert.deepEqual(await rowsOf(db.database, 'select 1 as one'), [{ one: 1 }]);
});

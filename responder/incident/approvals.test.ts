/** A person's word, once and in time, on exactly what is asked; and its effect on a worker. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { alertOf } from '../../test/builders.ts';
import { openDatabase, rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../test/wait.ts';
import { type Approvals, makeApprovals } from './approvals.ts';
import { makeArchive } from './archive.ts';
import { makeWalk } from './incident.test-helper.ts';
import { ingest, WAKE_CHANNEL } from './ingest.ts';
import type { Step } from './store.ts';

const LEASE_MS = 60_000;
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
const everything = async () => ({
  approvals: await rowsOf(db.database, 'select * from approval order by hash'),
  incidents: await rowsOf(db.database, 'select * from incident order by id'),
  audit: await rowsOf(db.database, 'select * from audit order by id'),
  holds: await rowsOf(db.database, 'select * from hold'),
});
const lapse = () => db.database.query(`update approval set expires_at = clock_timestamp() - interval '1 s'`);
/** An incident that waits for a word on a restart, and is not due for a minute. */
async function asked(): Promise<{ id: string; hash: string }> {
  const id = await walk.open();
  const { hash } = await walk.ask(id);
  await walk.go('approve', { dueInMs: 60_000 });
  assert.equal(await walk.store.claim('me', LEASE_MS), null);
  return { id, hash };
}
const timeline = async (id: string) => (await makeArchive(db.database).one(id))?.timeline ?? [];

test('a question is there as it was asked, and undecided', async () => {
  const { id, hash } = await asked();
  const question = (await approvals.latest(id)) ?? assert.fail();
  assert.deepEqual(await approvals.of(hash), question);
  assert.deepEqual(
    [question.hash, question.incidentId, question.planned.action, question.decision, question.decidedBy],
    [hash, id, 'RESTART', null, null],
  );
  const ttlMs = Date.parse(question.expiresAt) - Date.parse(question.askedAt);
  assert.ok(Math.abs(ttlMs - 60_000) < 1_000);
  assert.equal(await approvals.latest('inc-none'), null);
  assert.equal(await approvals.of('b'.repeat(64)), null);
});

test('a decision is stored with its giver, stands in the timeline, and makes the incident due at once', async () => {
  const { id, hash } = await asked();
  const given = await approvals.decide(id, hash, 'approved', 'kim');
  assert.deepEqual([given.decision, given.decidedBy], ['approved', 'kim']);
  assert.ok(Math.abs(Date.parse(given.decidedAt ?? '') - Date.now()) < 60_000);
  assert.deepEqual(await approvals.latest(id), given);
  const { stage, state, kind, text } = (await timeline(id)).at(-1) ?? assert.fail();
  assert.deepEqual(
    [stage, state, kind, text],
    ['approve', 'awaiting_approval', 'approved', 'approved by kim'],
  );
  assert.equal((await walk.claimed()).incident.id, id);
});

test('whoever decides wakes the workers of all replicas', async () => {
  const { id, hash } = await asked();
  let woken = 0;
  const ended = new AbortController();
  db.database.listen(WAKE_CHANNEL, () => woken++, ended.signal);
  await until(() => woken === 1); // once for what came while it was away
  await approvals.decide(id, hash, 'rejected', 'kim');
  await until(() => woken >= 2);
  ended.abort();
});

test('what is decided stays decided: not twice, and not the other way', async () => {
  for (const first of ['approved', 'rejected'] as const) {
    const { id, hash } = await asked();
    await approvals.decide(id, hash, first, 'kim');
    const before = await everything();
    for (const second of ['approved', 'rejected'] as const)
      await assert.rejects(
        approvals.decide(id, hash, second, 'alex'),
        conflict(new RegExp(`${first} already, by kim at 2`)),
      );
    assert.deepEqual(await everything(), before);
    await db.empty();
  }
});

test('of many who decide at once, on two replicas, exactly one is first', async () => {
  const { id, hash } = await asked();
  const other = openDatabase(db.url);
  const both = [approvals, makeApprovals(other)];
  const answers = await Promise.allSettled(
    Array.from({ length: 16 }, (_, i) =>
      both[i % 2]?.decide(id, hash, i % 3 === 0 ? 'rejected' : 'approved', `person ${i}`),
    ),
  );
  await other.close();
  const given = answers.filter((answer) => answer.status === 'fulfilled').map((answer) => answer.value);
  assert.equal(given.length, 1);
  for (const answer of answers)
    if (answer.status === 'rejected') assert.equal(answer.reason.code, 'AEGIS_CONFLICT');
  assert.deepEqual(await approvals.of(hash), given[0]);
  const said = (await timeline(id)).filter(({ kind }) => kind === 'approved' || kind === 'rejected');
  assert.equal(said.length, 1);
});

test('a word that comes too late changes nothing', async () => {
  const { id, hash } = await asked();
  await lapse();
  const before = await everything();
  await assert.rejects(approvals.decide(id, hash, 'approved', 'kim'), conflict(/lapsed at 2/));
  assert.deepEqual(await everything(), before);
});

test('a yes to another action, or to that of another incident, is none', async () => {
  const { id, hash } = await asked();
  const other = await walk.open('bank');
  const { hash: otherHash } = await walk.ask(other, { target: 'bank', instance: 'bank-1' });
  const before = await everything();
  for (const wrong of ['b'.repeat(64), otherHash, '', `${hash} `])
    await assert.rejects(approvals.decide(id, wrong, 'approved', 'kim'), conflict(/hash is not the one/));
  assert.deepEqual(await everything(), before);
});

test('where nothing was asked, nothing can be decided; what is not there cannot, either', async () => {
  const id = await walk.open();
  const hash = 'a'.repeat(64);
  await assert.rejects(
    approvals.decide(id, hash, 'approved', 'kim'),
    conflict(/asks nothing: it is detected/),
  );
  for (const nobody of ['inc-none', '', 'a\0b', 'x'.repeat(10_000)]) {
    const lost = { code: 'AEGIS_NOT_FOUND' };
    await assert.rejects(approvals.decide(nobody, hash, 'approved', 'kim'), lost, nobody);
    await assert.rejects(approvals.take(nobody, 'kim', 5), lost, nobody);
  }
});

test('once the incident has moved on or ended, its question is no question any more', async () => {
  const { id, hash } = await asked();
  await db.database.query('update incident set due_at = now()');
  await walk.go('learn', { outcome: 'escalated' });
  await walk.go('closed');
  await assert.rejects(
    approvals.decide(id, hash, 'approved', 'kim'),
    conflict(/does not wait for an answer: it is escalated/),
  );
  await db.empty();
  const again = await walk.open();
  const { hash: first } = await walk.ask(again);
  await walk.go('guard');
  await assert.rejects(
    approvals.decide(again, first, 'approved', 'kim'),
    conflict(/does not wait for an answer: it is diagnosing/),
  );
});

test('asked about something else, an open question of before is not answered by mistake', async () => {
  const id = await walk.open();
  const { hash: old } = await walk.ask(id);
  await walk.go('guard');
  await walk.go('gather');
  const { hash: current } = await walk.ask(id, { instance: 'shop-2' });
  assert.equal((await approvals.latest(id))?.hash, current);
  await assert.rejects(approvals.decide(id, old, 'approved', 'kim'), conflict(/look again at what would be/));
  assert.equal((await approvals.decide(id, current, 'approved', 'kim')).hash, current);
});

test('asking the same again keeps the first question, its end and its answer, and shows it', async () => {
  const id = await walk.open();
  const { hash } = await walk.ask(id);
  const first = (await approvals.of(hash)) ?? assert.fail();
  await walk.go('guard');
  await walk.go('gather');
  await walk.ask(id, { instance: 'shop-2' });
  await walk.go('guard');
  await walk.go('gather');
  await walk.ask(id, {}, 999_000);
  assert.deepEqual(await approvals.of(hash), first);
  assert.deepEqual(
    await approvals.latest(id),
    first,
    'what is asked now, though another one was asked later',
  );
  await approvals.decide(id, hash, 'rejected', 'kim');
  await walk.go('guard');
  await walk.go('gather');
  await walk.ask(id);
  assert.equal((await approvals.latest(id))?.decision, 'rejected');
});

test('a question is asked with the stage that asks it, or not at all', async () => {
  const id = await walk.open();
  await walk.go('guard');
  const { lease, incident } = await walk.claimed();
  const planned = { incidentId: id, attempt: 1, action: 'RESTART', target: 'shop' } as const;
  const question = { hash: 'h', planned: { ...planned, instance: null, version: null }, ttlMs: 1_000 };
  const asks: Step = { next: 'approve', events: [], question };
  await assert.rejects(walk.store.finish({ ...lease, token: '999' }, incident, asks, 1), {
    code: 'AEGIS_LEASE_LOST',
  });
  assert.equal(await approvals.of('h'), null);
  await walk.store.finish(lease, incident, asks, 1);
  assert.equal((await approvals.of('h'))?.incidentId, id);
});

test('question, answer and hold outlive the replica that took them', async () => {
  const { id, hash } = await asked();
  const second = openDatabase(db.url);
  await makeApprovals(second).decide(id, hash, 'approved', 'kim');
  await makeApprovals(second).take(id, 'kim', 5);
  await second.close();
  const third = openDatabase(db.url);
  assert.equal((await makeApprovals(third).latest(id))?.decidedBy, 'kim');
  assert.equal((await makeApprovals(third).holdOn('shop'))?.by, 'kim');
  await third.close();
});

test('a word that is given while the stage runs makes the incident due at once after it, and only once', async () => {
  const { id, hash } = await asked();
  await db.database.query('update incident set due_at = now()');
  const running = await walk.claimed();
  await approvals.decide(id, hash, 'approved', 'kim');
  assert.equal(await walk.store.claim('other', LEASE_MS), null, 'one worker at a time');
  const waits: Step = { next: 'approve', dueInMs: 60_000, events: [] };
  await walk.store.finish(running.lease, running.incident, waits, 1);
  const again = await walk.claimed();
  await walk.store.finish(again.lease, again.incident, waits, 1);
  assert.equal(await walk.store.claim('me', LEASE_MS), null, 'it was looked at');
});

test('an incident is taken while a stage runs: that is finished, and looked at again at once', async () => {
  const id = await walk.open();
  const running = await walk.claimed();
  const hold = await approvals.take(id, 'kim', 30);
  assert.deepEqual([hold.by, hold.target, hold.incidentId], ['kim', 'shop', id]);
  assert.ok(Math.abs(Date.parse(hold.until) - Date.parse(hold.since) - 30 * 60_000) < 1_000);
  await walk.store.finish(
    running.lease,
    running.incident,
    { next: 'diagnose', dueInMs: 60_000, events: [] },
    1,
  );
  assert.equal((await walk.claimed()).incident.id, id);
  assert.match((await timeline(id)).at(-1)?.text ?? '', /^kim has it: shop is left alone until 2/);
});

test('news that an alert is over wakes who waits for an answer, and nobody else', async () => {
  const { id } = await asked();
  const bank = await walk.open('bank');
  await walk.go('diagnose', { dueInMs: 60_000 });
  const resolved = (target: string) => ({
    alert: alertOf({ fingerprint: `f-${target}`, status: 'resolved' as const }),
    target,
    traceparent: null,
  });
  await ingest(db.database, [resolved('bank')], []);
  assert.equal(await walk.store.claim('me', LEASE_MS), null, bank);
  await ingest(db.database, [resolved('shop')], []);
  const { incident } = await walk.claimed();
  assert.deepEqual([incident.id, incident.alerts[0]?.status], [id, 'resolved']);
});

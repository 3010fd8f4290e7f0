/** What Grafana reads: views of the incidents, told as people see them. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { diagnosisOf, verdictOf } from '../../test/builders.ts';
import { rowsOf, startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeWalk } from './incident.test-helper.ts';
import { STATES } from './lifecycle.ts';
import { makeLogWindow } from './log-window.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const rows = (text: string, values: unknown[] = []) => rowsOf(db.database, text, values);
const told = (kind: string, text = kind) => ({ events: [{ kind, text }] });

/** One that was cured by an action, with the events that the stages write. */
async function cured(target = 'shop'): Promise<string> {
  const walk = makeWalk(db.database);
  const id = await walk.open(target);
  await walk.go('diagnose', told('gathered'));
  await walk.go('guard', { ...told('diagnosed'), found: { diagnosis: diagnosisOf({ confidence: 0.9 }) } });
  await walk.go('remediate', told('allowed'));
  const { lease, incident } = await walk.claimed();
  const before = { instances: [], like: null, from: null, to: null, lastOutput: '' };
  const what = {
    action: 'RESTART',
    target,
    instance: `${target}-1`,
    runtime: 'process',
    attempt: 1,
  } as const;
  await walk.store.intend(lease, { ...what, id: `act-${id}`, incidentId: id, verdictHash: id, before });
  await walk.store.settle(lease, `act-${id}`, 'done', 'it runs');
  await walk.store.finish(lease, incident, { next: 'verify', ...told('acted'), attempts: 1 }, 30);
  await walk.go('learn', { ...told('recovered'), outcome: 'resolved' });
  await walk.go('closed', told('learned'));
  return id;
}

test('every state has a name and a level of its own name', async () => {
  const names = await rows('select state from grafana.lifecycle_name order by state');
  assert.deepEqual(
    names.map(({ state }) => state),
    STATES.toSorted(),
  );
  const levels = await rows('select distinct level, name from grafana.lifecycle_name order by level');
  assert.deepEqual(
    levels.map(({ name }) => name),
    ['Nominal', 'Anomaly', 'AI Brain', 'Action', 'Verification'],
  );
});

test('the lifecycle tells each change in order, however short, and ends nominal', async () => {
  await cured();
  const changes = await rows('select name, time from grafana.lifecycle where target = $1 order by time', [
    'shop',
  ]);
  const names = changes.map(({ name }) => name).filter((name, i, all) => name !== all[i - 1]);
  assert.deepEqual(names, ['Anomaly', 'AI Brain', 'Action', 'Verification', 'Nominal']);
});

test('what is told after the end does not open the incident again', async () => {
  const id = await cured();
  const second = await makeWalk(db.database).open('shop', { fingerprint: 'another' });
  await db.database.query(
    `insert into audit (incident_id, stage, state, kind, text) values ($1, 'correlate', 'resolved', 'alert_resolved', '')`,
    [id],
  );
  const [last] = await rows('select name, incident_id from grafana.lifecycle order by time desc limit 1');
  assert.deepEqual(last, { name: 'Anomaly', incident_id: second });
});

test('an incident is one row: what broke, who said so, what was done, how long each took', async () => {
  const id = await cured();
  const [one] = await rows('select * from grafana.incident');
  const { incident_id, target, outcome, alertname, category, provider, confidence, attempts } = one ?? {};
  assert.deepEqual(
    { incident_id, target, outcome, alertname, category, provider, confidence, attempts },
    {
      ...{ incident_id: id, target: 'shop', outcome: 'resolved', alertname: 'TargetMemorySaturated' },
      ...{ category: 'memory_leak', provider: 'rules', confidence: 0.9, attempts: 1 },
    },
  );
  const [detect, act, recover] = [one?.seconds_to_detect, one?.seconds_to_act, one?.seconds_to_recover].map(
    Number,
  );
  assert.ok(Number(detect) <= Number(act) && Number(act) <= Number(recover));
  assert.deepEqual(await rows('select action, state, instance from grafana.action'), [
    { action: 'RESTART', state: 'done', instance: 'shop-1' },
  ]);
});

test('an incident that is open, and one that nobody cured, have no time of recovery', async () => {
  const walk = makeWalk(db.database);
  await walk.open();
  await walk.end('escalated');
  await walk.open('bank');
  for (const { seconds_to_recover, recovered_at } of await rows('select * from grafana.incident'))
    assert.deepEqual([seconds_to_recover, recovered_at], [null, null]);
});

test('a refusal is told with its guard; a diagnosis that asks for nothing is none', async () => {
  const walk = makeWalk(db.database);
  for (const [target, text] of [
    ['shop', 'RESTART on shop-1 refused by cooldown: acted 20 s ago: too soon'],
    ['bank', 'Nothing to do: it is over'],
  ] as const) {
    await walk.open(target);
    for (const next of ['diagnose', 'guard'] as const) await walk.go(next);
    await walk.go('learn', {
      ...told('denied', text),
      found: { verdict: verdictOf() },
      outcome: 'escalated',
    });
    await walk.go('closed');
  }
  const [refusal, ...others] = await rows('select target, guard, reason from grafana.refusal');
  assert.deepEqual([refusal?.target, refusal?.guard, others], ['shop', 'cooldown', []]);
});

test('a diagnosis is told with who answered, and who was asked before and why they did not', async () => {
  const walk = makeWalk(db.database);
  await walk.open();
  await walk.go('diagnose');
  const fallthrough = [{ provider: 'gemini', reason: 'answered 500' }];
  await walk.go('guard', { ...told('diagnosed'), found: { diagnosis: diagnosisOf({ fallthrough }) } });
  const [one] = await rows('select provider, fell_through from grafana.diagnosis');
  assert.deepEqual(one, { provider: 'rules', fell_through: 1 });
  assert.deepEqual(await rows('select provider, reason from grafana.fall_through'), fallthrough);
});

test('the queue tells what is due, what is worked on, and what a dead worker left', async () => {
  const walk = makeWalk(db.database);
  await walk.open('due');
  await walk.open('later');
  await db.database.query(`update incident set due_at = now() + interval '1 hour' where target = 'later'`);
  await walk.open('left');
  await db.database.query(
    `update incident set lease_owner = 'me', lease_until = now() - interval '1 second' where target = 'left'`,
  );
  await walk.open('held');
  await db.database.query(
    `update incident set lease_owner = 'me', lease_until = now() + interval '1 hour' where target = 'held'`,
  );
  assert.deepEqual(await rows('select target, standing from grafana.queue order by target'), [
    { target: 'due', standing: 'due' },
    { target: 'held', standing: 'worked on' },
    { target: 'later', standing: 'waits' },
    { target: 'left', standing: 'lease ran out' },
  ]);
});

test('a runbook entry that nothing was tried by has no rate of success', async () => {
  await db.database.query(
    `insert into runbook (signature, action, category, target, succeeded, failed, note)
     values ('a', 'RESTART', 'memory_leak', 'shop', 3, 1, ''), ('b', 'NOOP', 'none', 'shop', 0, 0, '')`,
  );
  const rates = await rows('select signature, success_rate from grafana.runbook order by signature');
  assert.deepEqual(rates, [
    { signature: 'a', success_rate: 0.75 },
    { signature: 'b', success_rate: null },
  ]);
});

test('log lines are told by target, and how far back the window reaches', async () => {
  const window = makeLogWindow(db.database);
  const timestamp = new Date().toISOString();
  window.offer([
    { service: 'shop', timestamp, severity: 'warn', message: 'cache grew' },
    { service: 'shop', timestamp, severity: 'info', message: 'asked' },
  ]);
  await window.flush();
  const [line] = await rows(`select target, severity, message from grafana.log_line where severity = 'warn'`);
  assert.deepEqual(line, { target: 'shop', severity: 'warn', message: 'cache grew' });
  assert.deepEqual(await rows('select target, lines::int from grafana.log_window'), [
    { target: 'shop', lines: 2 },
  ]);
});

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeEngine } from './engine.ts';
import { makeWalk } from './incident.test-helper.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());
afterEach(() => db.empty());

const set = (target: string, what: string) =>
  db.database.query(`update incident set ${what} where target = $1`, [target]);

test('an empty queue stands at zero', async () => {
  const { incidents, lateSeconds } = await makeEngine(db.database).queue();
  assert.deepEqual(incidents, { due: 0, 'worked on': 0, waits: 0, 'lease ran out': 0 });
  assert.equal(lateSeconds, 0);
});

test('late is who waits for a worker, not who waits for its time or is worked on', async () => {
  const walk = makeWalk(db.database);
  for (const target of ['due', 'waits', 'worked', 'left']) await walk.open(target);
  await set('due', `due_at = now() - interval '20 seconds'`);
  await set('waits', `due_at = now() + interval '1 hour'`);
  await set(
    'worked',
    `due_at = now() - interval '90 seconds', lease_owner = 'a', lease_until = now() + interval '9 seconds'`,
  );
  await set(
    'left',
    `due_at = now() - interval '95 seconds', lease_owner = 'b', lease_until = now() - interval '30 seconds'`,
  );
  const { incidents, lateSeconds } = await makeEngine(db.database).queue();
  assert.deepEqual(incidents, { due: 1, 'worked on': 1, waits: 1, 'lease ran out': 1 });
  assert.ok(lateSeconds >= 30 && lateSeconds < 60, `since its lease ran out: ${lateSeconds}`);
});

test('the log window tells its lines, and how old the oldest is', async () => {
  const { logWindow } = makeEngine(db.database);
  assert.deepEqual(await logWindow(), { lines: 0, reachSeconds: 0 });
  await db.database.query(
    `insert into log_line (service, at, severity, message) values
     ('shop', now() - interval '60 seconds', 'info', ''), ('bank', now(), 'info', '')`,
  );
  const { lines, reachSeconds } = await logWindow();
  assert.equal(lines, 2);
  assert.ok(reachSeconds >= 60 && reachSeconds < 70);
});

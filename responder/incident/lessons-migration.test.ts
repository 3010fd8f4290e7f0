/** What was learned before each lesson was kept by itself is not lost by migration 004. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { makeRunbook } from './runbook.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());

test('counts become lessons of the last time, and alerts are read from the signature', async () => {
  const { query } = db.database;
  await query('drop table lesson');
  await query('alter table runbook drop column alerts');
  const long = `shop: ${'X+'.repeat(300)}`;
  await query(
    `insert into runbook (signature, action, category, target, succeeded, failed, note, last_seen) values
      ('shop: A+B, memory_leak', 'RESTART', 'memory_leak', 'shop', 3, 1, '', now() - interval '30 days'),
      ($1, 'NOOP', 'unknown', 'shop', 0, 0, '', now())`,
    [`${long}... (abc)`],
  );
  await query(await readFile(new URL('./migrations/004.do.lessons.sql', import.meta.url), 'utf8'));
  const runbook = makeRunbook(db.database, { halfLifeDays: 30 });
  const [entry] = await runbook.similar({ target: 'bank', alerts: ['B', 'A'], category: null });
  assert.deepEqual(entry?.recent, { succeeded: 1.5, failed: 0.5 });
  assert.equal(entry?.match, 'another target, shop, the same alerts');
  assert.equal((await runbook.all()).length, 2);
});

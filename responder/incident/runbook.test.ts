import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { addLesson, type Lesson, makeRunbook, type Runbook } from './runbook.ts';

let db: TestDatabase;
let runbook: Runbook;
before(async () => {
  db = await startDatabase();
  runbook = makeRunbook(db.database);
});
after(() => db.stop());
afterEach(() => db.empty());

const lessonOf = (over: Partial<Lesson> = {}): Lesson => ({
  signature: 'shop: X, memory_leak',
  action: 'RESTART',
  category: 'memory_leak',
  target: 'shop',
  worked: true,
  note: 'RESTART helped',
  ...over,
});
const learn = (over: Partial<Lesson> = {}) => addLesson(db.database, lessonOf(over));

test('a lesson is an entry of its signature and action', async () => {
  await learn();
  const [entry, ...more] = await runbook.all();
  assert.deepEqual(more, []);
  const { lastSeen, ...rest } = entry ?? assert.fail();
  assert.deepEqual(rest, {
    signature: 'shop: X, memory_leak',
    action: 'RESTART',
    category: 'memory_leak',
    target: 'shop',
    succeeded: 1,
    failed: 0,
    note: 'RESTART helped',
  });
  assert.ok(Math.abs(Date.parse(lastSeen) - Date.now()) < 60_000);
});

test('successes and failures are counted, what was not tried or not known is not; the last note stays', async () => {
  for (const worked of [true, false, true, null]) await learn({ worked, note: `worked: ${worked}` });
  const [entry] = await runbook.all();
  assert.deepEqual([entry?.succeeded, entry?.failed, entry?.note], [2, 1, 'worked: null']);
});

test('lessons that are learned at once are all counted', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, i) => learn({ worked: i % 2 === 0 })));
  const [entry, ...more] = await runbook.all();
  assert.deepEqual([entry?.succeeded, entry?.failed, more.length], [10, 10, 0]);
});

test('another action on the same signature is another entry', async () => {
  await learn();
  await learn({ action: 'NOOP', worked: null });
  assert.equal((await runbook.all()).length, 2);
});

test('a target recalls its own lessons, what worked best first, and not too many', async () => {
  for (let i = 0; i < 12; i++) await learn({ signature: `s${i}`, worked: null });
  await learn({ signature: 'bad', worked: false });
  await learn({ signature: 'good' });
  await learn({ signature: 'other', target: 'bank' });
  const recalled = await runbook.forTarget('shop');
  assert.equal(recalled.length, 10);
  assert.equal(recalled[0]?.signature, 'good');
  assert.ok(recalled.every((entry) => entry.target === 'shop' && entry.signature !== 'bad'));
  assert.deepEqual(await runbook.forTarget('mail'), []);
});

test('a lesson about very many or very long alerts can be kept', async () => {
  const names = Array.from({ length: 20 }, () => randomBytes(150).toString('hex'));
  await learn({ signature: `shop: ${names.join('+')}, unknown` });
  assert.equal((await runbook.all()).length, 1);
});

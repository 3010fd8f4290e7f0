import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import type { RunbookEntry } from './incident.ts';
import { addLesson, type Lesson, type Likeness, makeRunbook, type Runbook } from './runbook.ts';

let db: TestDatabase;
let runbook: Runbook;
before(async () => {
  db = await startDatabase();
  runbook = makeRunbook(db.database, { halfLifeDays: 30 });
});
after(() => db.stop());
afterEach(() => db.empty());

const lessonOf = (over: Partial<Lesson> = {}): Lesson => ({
  signature: 'shop: X, memory_leak',
  action: 'RESTART',
  category: 'memory_leak',
  target: 'shop',
  alerts: ['X'],
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
    recent: { succeeded: 1, failed: 0 },
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

const like = (over: Partial<Likeness> = {}) =>
  runbook.similar({ target: 'shop', alerts: ['X'], category: null, ...over });
const names = (entries: RunbookEntry[]) => entries.map(({ signature }) => signature);
/** As if everything learned so far had been learned so many days ago. */
const age = (days: number) =>
  db.database.query('update lesson set at = at - make_interval(secs => $1)', [days * 86_400]);

test('a target recalls its own lessons, what worked best first, and not too many', async () => {
  for (let i = 0; i < 12; i++) await learn({ signature: `s${i}`, worked: null });
  await learn({ signature: 'bad', worked: false });
  await learn({ signature: 'good' });
  await learn({ signature: 'other', target: 'bank' });
  const recalled = await like();
  assert.equal(recalled.length, 10);
  assert.equal(recalled[0]?.signature, 'good');
  assert.ok(recalled.every((entry) => entry.target === 'shop' && entry.signature !== 'bad'));
  assert.deepEqual(await like({ target: 'mail', alerts: ['Y'] }), []);
});

test('what is most alike comes first, the same target before all others, and each says how alike it is', async () => {
  await learn({ signature: 'elsewhere', target: 'bank' });
  await learn({ signature: 'elsewhere, in part', target: 'bank', alerts: ['X', 'Z'] });
  await learn({ signature: 'something else', alerts: ['Z'] });
  await learn({ signature: 'in part', alerts: ['X', 'Y', 'Z'] });
  await learn({ signature: 'same', worked: false });
  const recalled = await like();
  assert.deepEqual(
    recalled.map(({ signature, match }) => [signature, match]),
    [
      ['same', 'the same target, the same alerts'],
      ['in part', 'the same target, 1 of 3 alerts the same'],
      ['something else', 'the same target, other alerts'],
      ['elsewhere', 'another target, bank, the same alerts'],
      ['elsewhere, in part', 'another target, bank, 1 of 2 alerts the same'],
    ],
  );
});

test('another target tells something only of the same alerts and, where it is known, the same cause', async () => {
  await learn({ signature: 'leak', target: 'bank' });
  await learn({ signature: 'surge', target: 'bank', category: 'traffic_surge' });
  await learn({ signature: 'other alerts', target: 'bank', alerts: ['Y'] });
  await learn({ signature: 'own', category: 'traffic_surge' });
  assert.deepEqual(names(await like()).toSorted(), ['leak', 'own', 'surge']);
  const known = await like({ category: 'memory_leak' });
  assert.deepEqual(
    known.map(({ signature, match }) => [signature, match]),
    [
      ['own', 'the same target, the same alerts, another cause'],
      ['leak', 'another target, bank, the same alerts'],
    ],
  );
});

test('a lesson counts half after each half-life, whenever that is set', async () => {
  for (const worked of [true, true, false]) await learn({ worked });
  await age(30);
  await learn();
  const [entry] = await like();
  assert.deepEqual([entry?.succeeded, entry?.failed], [3, 1]);
  assert.deepEqual(entry?.recent, { succeeded: 2, failed: 0.5 });
  const [short] = await makeRunbook(db.database, { halfLifeDays: 15 }).all();
  assert.deepEqual(short?.recent, { succeeded: 1.5, failed: 0.25 });
});

test('what helped long ago yields to what helped of late, and is worth nothing in the end', async () => {
  for (let i = 0; i < 5; i++) await learn({ signature: 'once' });
  await age(365);
  await learn({ signature: 'lately' });
  assert.deepEqual(names(await like()), ['lately', 'once']);
  await age(365_000);
  const entries = await like();
  assert.deepEqual(
    entries.map(({ recent }) => recent?.succeeded),
    [0, 0],
  );
});

test('a clock that was set back makes no lesson worth more than one', async () => {
  await learn();
  await age(-90);
  assert.deepEqual((await like())[0]?.recent, { succeeded: 1, failed: 0 });
});

test('a lesson about very many or very long alerts can be kept', async () => {
  const alerts = Array.from({ length: 80 }, () => randomBytes(500).toString('hex'));
  for (const worked of [true, true])
    await learn({ signature: `shop: ${alerts.join('+')}, unknown`, alerts, worked });
  assert.deepEqual(
    (await runbook.all()).map(({ recent }) => recent?.succeeded),
    [2],
  );
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../tools/demo/wait.ts';
import { makeControl } from './control.ts';
import { makeWalk } from './incident.test-helper.ts';
import { type Changes, makeNews } from './news.ts';

let db: TestDatabase;
let walk: ReturnType<typeof makeWalk>;
before(async () => {
  db = await startDatabase();
  walk = makeWalk(db.database);
});
after(() => db.stop());

/** Whoever follows, once the first look has been taken. */
async function following(database: TestDatabase['database'] = db.database) {
  const heard: Changes[] = [];
  const errors: string[] = [];
  let looks = 0;
  const counted: Pick<TestDatabase['database'], 'query'> = {
    query: async (text, values) => {
      const answer = await database.query(text, values);
      if (text.includes('from control')) looks += 1;
      return answer as never;
    },
  };
  const news = makeNews({ database: counted, onError: (words) => errors.push(words), everyMs: 20 });
  const stop = news.follow((changes) => heard.push(changes));
  const looked = async (more: number) => {
    const goal = looks + more;
    await until('a look', 5_000, async () => looks >= goal || null);
  };
  await looked(1);
  return { news, heard, errors, stop, looked, looks: () => looks };
}

test('a change is told with its incident and state, once, and an old incident is no news', async () => {
  await walk.open('old');
  const { heard, stop, looked } = await following();
  const id = await walk.open('new');
  await looked(3);
  assert.deepEqual(heard, [{ incidents: [{ id, state: 'detected' }], halt: false }]);
  stop();
});

test('a row that is committed late, under a lower number, is not missed', async () => {
  const [early, late] = [await walk.open('early'), await walk.open('late')];
  const { heard, stop, looked } = await following();
  const note = `insert into audit (incident_id, stage, state, kind, text) values ($1, 'gather', 'diagnosing', 'x', 'y')`;
  await db.database.transaction(async (sql) => {
    await sql.query(note, [early]);
    await db.database.query(note, [late]);
    await looked(2);
  });
  await looked(2);
  assert.deepEqual(
    heard.map(({ incidents }) => incidents.map(({ id }) => id)),
    [[late], [early]],
  );
  stop();
});

test('a halt is told, and that it ended', async () => {
  const { heard, stop, looked } = await following();
  for (const on of [true, false]) {
    await makeControl(db.database).setHalt(on, 'kim');
    await looked(2);
  }
  assert.deepEqual(heard, Array(2).fill({ incidents: [], halt: true }));
  stop();
});

test('where nobody follows nothing is asked; whoever comes later is told what happens from then on', async () => {
  const { news, stop, looks, heard, looked } = await following();
  stop();
  await new Promise((resolve) => setTimeout(resolve, 60)); // one that is under way may end
  const asked = looks();
  await walk.open('unwatched');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(looks(), asked);
  const again = news.follow((changes) => heard.push(changes));
  await looked(3);
  assert.deepEqual(heard, []);
  again();
});

test('a database that is away is told once, and the news go on when it is back', async () => {
  let isAway = false;
  const flaky = {
    ...db.database,
    query: (async (text: string, values?: unknown[]) => {
      if (isAway) throw new Error('no database');
      return db.database.query(text, values);
    }) as TestDatabase['database']['query'],
  };
  const { heard, errors, stop, looked } = await following(flaky);
  isAway = true;
  await until('an error', 5_000, async () => errors.length > 0 || null);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(errors, ['live pages wait: no database']);
  const id = await walk.open('meanwhile');
  isAway = false;
  await looked(2);
  assert.deepEqual(heard, [{ incidents: [{ id, state: 'detected' }], halt: false }]);
  stop();
});

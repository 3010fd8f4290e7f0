/** `kill -9` of the responder in a ROLLBACK, and while one that did not help is undone: two services at once. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { deploy } from '../../tools/deploy/deploy.ts';
import { acted, actionsOf, answered, assertOnce, idsOf, startCrashStory } from '../crash.ts';

/** Its new release is bad. */
const BAD = 'target-app';
/** Its old one is no better. In turn, so that the errors of one round are no past of the next. */
const HOPELESS = ['hopeless-app', 'forlorn-app'] as const;
const GOOD_VERSION = '1.0.0';
const BAD_VERSION = '1.1.0';
const BASELINE_SAMPLES = 15;

const story = await startCrashStory({ targets: [BAD, ...HOPELESS] });
const { stack } = story;

const ROUNDS = [
  { rollback: 'before the intent', undo: 'before undo' },
  { rollback: 'after the intent', undo: 'within the call of undo' },
  { rollback: 'within the call', undo: 'after the call of undo' },
  { rollback: 'after the call', undo: 'after undo was noted' },
  { rollback: 'stored remediate', undo: 'stored undo' },
];

for (const [round, { rollback, undo }] of ROUNDS.entries())
  test(`killed ${rollback} (rollback), ${undo}: each is done once, and undone once`, async () => {
    const hopeless = HOPELESS[round % HOPELESS.length] as string;
    await Promise.all([BAD, hopeless].map((target) => story.quiet(target, BASELINE_SAMPLES)));
    story.plan(`kill ${BAD} ${rollback}`, `kill ${hopeless} ${undo}`);
    await story.reviving(() => Promise.all([rolledBack(), undone(hopeless)]));
    await story.settled();
  });

async function rolledBack(): Promise<void> {
  const [known, starts] = [await idsOf(story, BAD), await story.starts(BAD)];
  const began = new Date();
  await release(BAD, BAD_VERSION);
  const incident = await answered(story, BAD, known, acted);
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.equal(actionsOf(incident)[0]?.action, 'ROLLBACK');
  assertOnce(incident, 'done');
  const since = await releasesSince(BAD, began);
  assert.deepEqual(since, [BAD_VERSION, GOOD_VERSION], 'one entry by the deploy, one by the rollback');
  assert.equal((await story.starts(BAD)) - starts, 2, 'one start by the deploy, one by the rollback');
}

/** Orders are refused by its database from the moment of the release on, whatever release it is. */
async function undone(target: string): Promise<void> {
  const [known, starts] = [await idsOf(story, target), await story.starts(target)];
  const began = new Date();
  await release(target, BAD_VERSION);
  await inDatabase(target, 'revoke insert on orders from current_user');
  const incident = await answered(story, target, known, acted);
  assert.ok(['escalated', 'failed'].includes(incident.outcome ?? ''), incident.conclusion ?? '');
  const made = actionsOf(incident);
  const rollbacks = made.filter((action) => action.action === 'ROLLBACK');
  assert.deepEqual(
    rollbacks.map((action) => [action.state, action.undo?.state]),
    [['done', 'done']],
    incident.conclusion ?? '',
  );
  assertOnce(incident, ...made.map(() => 'done'));
  const since = await releasesSince(target, began);
  assert.deepEqual(since, [BAD_VERSION, GOOD_VERSION, BAD_VERSION]);
  assert.equal(
    (await story.starts(target)) - starts,
    2 + made.length,
    'by the deploy, each action, the undo',
  );
  await inDatabase(target, 'grant insert on orders to current_user');
  await release(target, GOOD_VERSION);
}

function release(target: string, version: string): Promise<void> {
  return deploy({ dir: stack.inventory.dir, target, version, say: () => undefined });
}

/** Versions that were put there since, by the record of what ran, oldest first. */
async function releasesSince(target: string, since: Date): Promise<string[]> {
  const text = await readFile(join(stack.inventory.dir, `${target}-1.releases.json`), 'utf8');
  const record = JSON.parse(text) as { version: string; at: string }[];
  return record.filter(({ at }) => Date.parse(at) >= since.getTime()).map(({ version }) => version);
}

/** As the owner of the shop's tables. */
async function inDatabase(target: string, statement: string): Promise<void> {
  const client = new pg.Client({
    connectionString: stack.databases[`shop_${target.replaceAll('-', '_')}`],
  });
  await client.connect();
  await client.query(statement);
  await client.end();
}

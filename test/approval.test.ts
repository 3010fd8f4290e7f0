/** A person is asked before anything is done: approved once, twice, late, by two replicas, across a restart, after the evidence changed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import pg from 'pg';
import { until } from '../tools/demo/wait.ts';
import { startStory, type WholeIncident } from './story.ts';

const NAMES = ['once-app', 'late-app', 'no-app', 'taken-app', 'over-app'];
const story = await startStory({
  targets: NAMES.map((name) => ({ name, labels: { 'aegis.autonomy': 'approve' } })),
});
const api = { authorization: `Bearer ${story.stack.tokens.api}` };
const second = await secondReplica();

/** The same breach in every service at once; each is asked about. */
const asked = new Map<string, WholeIncident & { approval: { hash: string } }>();
await Promise.all(
  NAMES.map(async (name) => {
    await story.quiet(name);
    await story.trigger(name, 'memory');
    asked.set(name, await waiting(name));
  }),
);

test('nothing is done before somebody says yes, and what would be done is said exactly', async () => {
  for (const [name, incident] of asked) {
    assert.deepEqual(incident.actions, []);
    assert.equal(await story.starts(name), 1);
    const asks = incident.timeline.filter(({ stage }) => stage === 'guard').at(-1);
    assert.match(asks?.text ?? '', new RegExp(`RESTART on ${name}-1 waits for a yes`));
  }
});

test('a yes for another action than the one that is asked about is refused', async () => {
  const { id } = incidentOf('once-app');
  const answer = await decide('once-app', 'approve', 'f'.repeat(64));
  assert.deepEqual([answer.status, answer.body.code], [409, 'AEGIS_CONFLICT'], id);
});

test('approved on two replicas at once, while one is killed and started again: one yes, one restart', async () => {
  await story.stack.killPart('responder');
  await story.stack.startPart('responder');
  assert.equal((await waiting('once-app')).approval.hash, incidentOf('once-app').approval.hash);
  const answers = await Promise.all([
    decide('once-app', 'approve'),
    decide('once-app', 'approve', undefined, second.url),
  ]);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409]);
  const incident = await story.ended('once-app');
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.equal(incident.actions.length, 1);
  assert.equal(await story.starts('once-app'), 2);
  assert.ok(incident.verdict?.checks.some((check) => /approved by kim at/.test(check.reason)));
  const again = await decide('once-app', 'approve');
  assert.deepEqual([again.status, again.body.code], [409, 'AEGIS_CONFLICT']);
  assert.match(again.body.detail, /approved already, by kim/);
});

test('rejected: nothing is done, and it says who said no', async () => {
  assert.equal((await decide('no-app', 'reject')).status, 200);
  const incident = await story.ended('no-app');
  assert.deepEqual([incident.outcome, incident.actions], ['escalated', []]);
  assert.match(incident.conclusion ?? '', /was rejected by kim/);
  assert.equal((await decide('no-app', 'approve')).status, 409);
});

test('taken: a person has it, and the next alert of the target finds it so', async () => {
  const { id } = incidentOf('taken-app');
  const taken = await story.post({ by: 'alex', minutes: 5 }, `/api/incidents/${id}/take`, api);
  assert.equal(taken.status, 200);
  const incident = await story.ended('taken-app');
  assert.deepEqual([incident.outcome, incident.actions], ['escalated', []]);
  assert.match(incident.conclusion ?? '', /alex has it/);
  await story.stack.killPart('taken-app-1');
  const next = await story.ended('taken-app', [id]);
  assert.match(next.conclusion ?? '', /refused by person: alex has taken-app/);
  assert.deepEqual(next.actions, []);
});

test('over before anybody answered: nothing is done, and a yes comes too late', async () => {
  await story.trigger('over-app', 'reset');
  const incident = await story.ended('over-app');
  assert.deepEqual([incident.outcome, incident.actions], ['no_action', []]);
  assert.equal((await decide('over-app', 'approve')).status, 409);
  assert.equal(await story.starts('over-app'), 1);
});

test('nobody answers: it lapses, goes to a person, and a yes comes too late', async () => {
  await timePasses('late-app');
  const incident = await story.ended('late-app');
  assert.deepEqual([incident.outcome, incident.actions], ['escalated', []]);
  assert.match(incident.conclusion ?? '', /Nobody decided about RESTART/);
  const late = await decide('late-app', 'approve');
  assert.deepEqual([late.status, late.body.code], [409, 'AEGIS_CONFLICT']);
  assert.equal(await story.starts('late-app'), 1);
});

function incidentOf(name: string) {
  return asked.get(name) as NonNullable<ReturnType<typeof asked.get>>;
}

function waiting(name: string): Promise<WholeIncident & { approval: { hash: string } }> {
  return until(`${name} to be asked about`, 60_000, async () => {
    const [incident] = (await story.incidents(name)) as (WholeIncident & { approval: { hash: string } })[];
    return incident?.state === 'awaiting_approval' ? incident : null;
  });
}

function decide(name: string, decision: 'approve' | 'reject', hash?: string, base?: string) {
  const { id, approval } = incidentOf(name);
  const body = { by: 'kim', hash: hash ?? approval.hash };
  return story.post(body, `/api/incidents/${id}/${decision}`, api, base);
}

/** As if the question had been asked long ago, so that nobody has to wait, or to be fast. */
async function timePasses(name: string): Promise<void> {
  const client = new pg.Client({ connectionString: story.stack.databases.aegis });
  await client.connect();
  const { id } = incidentOf(name);
  await client.query('update approval set expires_at = clock_timestamp() where incident_id = $1', [id]);
  await client.query('update incident set due_at = clock_timestamp() where id = $1', [id]);
  await client.end();
}

/** Another responder on the same database, as the first but for its port. */
async function secondReplica(): Promise<{ url: string }> {
  const unit = JSON.parse(await readFile(`${story.stack.dir}/parts/responder.unit.json`, 'utf8'));
  const [command, ...args] = unit.command as [string, ...string[]];
  const child = spawn(command, args, {
    cwd: unit.cwd,
    env: { ...unit.env, AEGIS_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(async () => {
    child.kill();
    await once(child, 'exit');
  });
  const port = await new Promise<number>((resolve) =>
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const told = /"address":\{[^}]*"port":(\d+)/.exec(text);
      if (told) resolve(Number(told[1]));
    }),
  );
  return { url: `http://127.0.0.1:${port}` };
}

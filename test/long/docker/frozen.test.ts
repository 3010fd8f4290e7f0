/** Two responders: the one that is about to act is frozen past its lease, the other acts, the first is thawed. One restart. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { until } from '../../../tools/demo/wait.ts';
import { startCompose } from '../../docker/compose.ts';
import type { EngineCall } from '../../docker/socket-proxy.ts';

const TARGET = 'target-app';
const PATIENCE_MS = 180_000;
/** Longer than the lease (10 s) and the time that a call may take (7 s), which the other waits out. */
const THAW_AFTER_MS = 3_000;

const story = await startCompose({ timings: 'demo', twoResponders: true });
const { proxy, project } = story;
const database = await connect();
after(() => database.end());

/** As the superuser, by the container's address: no port of it is open. */
async function connect(): Promise<pg.Client> {
  const shown = await story.compose('run', '--rm', 'setup', 'show');
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const client = new pg.Client({
    host: await story.docker('inspect', '-f', format, `${project}-postgres-1`),
    user: 'postgres',
    password: /^POSTGRES_PASSWORD=(\S+)$/m.exec(shown)?.[1],
    database: 'aegis',
  });
  client.on('error', () => undefined); // the database ends before us
  await client.connect();
  return client;
}

/** Container of the responder that holds the lease of an incident with an intent that is not settled. */
async function aboutToAct(): Promise<string | null> {
  const { rows } = await database.query<{ owner: string | null }>(
    `select lease_owner as owner from incident join action on incident_id = incident.id
      where action.state = 'intended' and lease_owner is not null`,
  );
  const hostname = rows[0]?.owner?.split(':')[0];
  if (!hostname) return null;
  for (const name of ['responder-1', 'responder-2-1'])
    if ((await story.inspect(name)).Id.startsWith(hostname)) return name;
  return null;
}

/** What happened, by the tables: the responder that has an open port may be the one that is frozen. */
async function told(): Promise<string> {
  const { rows } = await database.query<{ line: string }>(
    `select concat_ws(' ', to_char(at, 'HH24:MI:SS.MS'), stage, kind, text) as line from audit order by id`,
  );
  return rows.map(({ line }) => line).join('\n');
}

test('frozen between its intent and its call, and thawed when the other has done it: it does nothing any more', async () => {
  await story.quiet(TARGET, 15);
  proxy.changes.length = 0;
  let frozen: { name: string; pid: number } | null = null;
  let failure: unknown = null;
  // The look just before the call: its answer waits for the one that is frozen.
  proxy.before = async ({ method, path, query }: EngineCall) => {
    const isLook = method === 'GET' && path === '/containers/json' && query.get('filters')?.includes(TARGET);
    if (frozen || !isLook) return;
    const name = await aboutToAct().catch((error) => {
      failure = error;
      return null;
    });
    if (!name || frozen) return;
    frozen = { name, pid: await story.pidOf(name) };
    process.kill(frozen.pid, 'SIGSTOP');
  };
  const restarts = () => proxy.changes.filter(({ path }) => path.endsWith('/restart'));
  try {
    await story.trigger(TARGET, 'cpu');
    const incident = await until('the other to have cured it', PATIENCE_MS, async () => {
      const { rows } = await database.query(
        'select outcome from incident where target = $1 and closed_at is not null',
        [TARGET],
      );
      return (rows[0] as { outcome: string } | undefined) ?? null;
    });
    assert.ok(frozen, `one was frozen: ${failure} ${await told()}`);
    assert.equal(incident.outcome, 'resolved');
    assert.equal(restarts().length, 1, await told());
  } finally {
    const one = frozen as { pid: number } | null;
    if (one) process.kill(one.pid, 'SIGCONT');
  }
  await new Promise((resolve) => setTimeout(resolve, THAW_AFTER_MS));
  await until('the one that was thawed to work again', PATIENCE_MS, async () => {
    const { name } = frozen as unknown as { name: string };
    return (await story.docker('inspect', '-f', '{{.State.Health.Status}}', `${project}-${name}`)) ===
      'healthy'
      ? true
      : null;
  });
  assert.equal(restarts().length, 1, 'done once, whoever woke up later');
  const made = (await story.incidents(TARGET)).flatMap(({ actions }) => actions);
  assert.deepEqual(
    made.map(({ action, state }) => `${action} ${state}`),
    ['RESTART done'],
  );
});

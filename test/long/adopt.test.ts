/**
 * A stranger follows docs/adopt.md, as written, with a service that knows nothing of us: its blocks are run, on real
 * parts, with other ports, folders and intervals in their place.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import type { AuditEvent, Incident } from '../../responder/incident/incident.ts';
import { until } from '../../tools/demo/wait.ts';
import { curl } from '../adopt/page.ts';
import { makeWorld } from '../adopt/world.ts';

type Whole = Incident & { timeline: AuditEvent[]; approval?: { hash: string } };

const PATIENCE_MS = 60_000;
/** A process that is full within seconds of its start is, rightly, not restarted. */
const GROWN_UP_SECONDS = 7;
const PIECE = Buffer.alloc(4 * 2 ** 20, 'x');

const world = await makeWorld();
after(world.stop);
const { page } = world;
const known: string[] = [];

await world.startDatabase();
await world.run('tokens');
const started = await world.run('start');
await world.run('rules');
await world.startMonitoring();
await world.startResponder();

test('what is started says so, and Prometheus, its labels and the way to the responder agree with the page', async () => {
  assert.match(started, /^notes-1 is running: process \d+ runs\n$/);
  await until('the Watchdog to arrive', PATIENCE_MS, async () => {
    const metrics = await (await fetch(`${world.urlOf('responder')}/metrics`)).text();
    const seen = Number(/^aegis_watchdog_received_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]);
    return seen > 0 ? true : null;
  });
  const [up] = await query('up{job="targets"}');
  assert.deepEqual([up?.metric.service, up?.metric.instance, up?.value[1]], ['notes', 'notes-1', '1']);
  assert.ok(!Object.keys(up?.metric ?? {}).some((label) => label.startsWith('aegis')), 'labels are dropped');
});

test('suggest: a leak ends with a person, who is told what it would have done, and nothing was done', async () => {
  await quiet();
  await leak();
  const incident = await ended();
  assert.equal(incident.outcome, 'escalated', incident.conclusion ?? '');
  assert.equal(incident.conclusion, page.block('says', 'suggest').trim());
  assert.deepEqual(incident.actions, []);
  assert.equal(await starts(), 1);
  await firing('AegisOpsEscalated');
  assert.ok(
    incident.evidence.some(({ data }) => data.kind === 'signal' && data.signal?.name === 'request_rate'),
  );
  await world.run('by hand');
  assert.equal(await starts(), 2);
});

test('approve: the same leak waits for a yes, and is cured by it', async () => {
  await world.run('approve');
  await quiet();
  await leak();
  const asked = await until('it to ask', PATIENCE_MS, async () => {
    const one = await newest();
    return one?.state === 'awaiting_approval' ? one : null;
  });
  assert.equal(await starts(), 2);
  await firing('AegisOpsAsks');
  const yes = await curl(page.block('curl', 'yes'), { ID: asked.id, HASH: asked.approval?.hash ?? '' });
  assert.equal(yes.status, 200, JSON.stringify(yes.body));
  assert.equal((await ended()).outcome, 'resolved');
  assert.equal(await starts(), 3);
});

test('auto: the same leak is cured by one restart, proved by what the page says', async () => {
  await world.run('auto');
  await quiet();
  await leak();
  const incident = await ended();
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.equal(incident.conclusion, page.block('says', 'auto').trim());
  assert.deepEqual(
    incident.actions.map(({ action, instance, state }) => [action, instance, state]),
    [['RESTART', 'notes-1', 'done']],
  );
  assert.equal(await starts(), 4);
});

test('auto: a killed process is started again, though its alert names no SLI', async () => {
  await quiet();
  const shown = await world.run('show');
  process.kill(Number(/process (\d+) runs/.exec(shown)?.[1]), 'SIGKILL');
  const incident = await ended();
  assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
  assert.equal(incident.conclusion, page.block('says', 'auto, without an SLI').trim());
  assert.equal(await starts(), 5);
});

test('halt and resume work as they are written', async () => {
  assert.equal((await curl(page.block('curl', 'halt'))).body.on, true);
  assert.equal((await curl(page.block('curl', 'resume'))).body.on, false);
});

test('nothing on the page is left untried', () => {
  assert.deepEqual(page.unused(), []);
});

/** The incidents of the page's own question, whole, newest first. */
async function incidents(): Promise<Whole[]> {
  const { body } = await curl(page.block('curl', 'incidents'));
  return Promise.all(
    body.incidents.map(async ({ id }: { id: string }) =>
      (await fetch(`${world.urlOf('responder')}/api/incidents/${id}`)).json(),
    ),
  );
}

/** The newest incident that no test has looked at yet. */
async function newest(): Promise<Whole | null> {
  return (await incidents()).find(({ id }) => !known.includes(id)) ?? null;
}

async function ended(): Promise<Whole> {
  return until('the incident to end', PATIENCE_MS, async () => {
    const one = await newest();
    return one?.closedAt ? one : null;
  });
}

/** Until nothing fires, no incident is open and the process is no newcomer; what was until then is known. */
async function quiet(): Promise<void> {
  await until('notes to be quiet', PATIENCE_MS, async () => {
    const firing = await query('ALERTS{service="notes"}');
    const age = await query('time() - process_start_time_seconds{service="notes"}');
    const found = await incidents();
    if (firing.length > 0 || found.some(({ closedAt }) => !closedAt)) return null;
    if (!(Number(age[0]?.value[1]) > GROWN_UP_SECONDS)) return null;
    known.splice(0, known.length, ...found.map(({ id }) => id));
    return true;
  });
}

/** Makes the service hold more than its limit allows, through its own door. */
async function leak(): Promise<void> {
  await until('the alert to be there', PATIENCE_MS, async () => {
    const [memory] = await query('process_memory_limit_utilization_ratio{service="notes"}');
    if (Number(memory?.value[1]) > 0.85) return true;
    await (await fetch(`${world.urlOf('notes')}/notes`, { method: 'POST', body: PIECE })).text();
    return null;
  });
}

async function firing(alert: string): Promise<void> {
  await until(`${alert} to fire`, PATIENCE_MS, async () => {
    const [told] = await query(`ALERTS{alertname="${alert}",alertstate="firing",target="notes"}`);
    return told ? true : null;
  });
}

/** How often the service was started, by its own words. */
async function starts(): Promise<number> {
  return (await readFile(world.log, 'utf8')).split('notes-1 listens on').length - 1;
}

interface Row {
  metric: Record<string, string>;
  value: [number, string];
}
async function query(expression: string): Promise<Row[]> {
  const url = `${world.urlOf('prometheus')}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = (await (await fetch(url)).json()) as { data: { result: Row[] } };
  return answer.data.result;
}

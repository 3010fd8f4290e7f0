import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, targetOf } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import type { Rejected, Sighting, Stored } from '../incident/ingest.ts';
import { makeReceive, parseBody } from './receive.ts';

const alert = (over: Record<string, unknown> = {}) => ({
  status: 'firing',
  labels: { alertname: 'TargetDown', service: 'shop' },
  startsAt: ago(30),
  ...over,
});
const direct = {
  incident_id: 'T-1',
  container_name: 'shop-1',
  alert_type: 'HighMemory',
  timestamp: 1772366400,
};
const watchdog = alert({ labels: { alertname: 'Watchdog' } });

function receiver({ store }: { store?: (all: Sighting[]) => Promise<Stored[]> } = {}) {
  const sightings: Sighting[] = [];
  const rejected: Rejected[] = [];
  const counted: string[] = [];
  let watchdogs = 0;
  const opened = (all: Sighting[]): Stored[] =>
    all.map(({ alert }) => ({ incidentId: `inc-${alert.name}`, effect: 'opened' }));
  const receive = makeReceive({
    store: async (all, bad) => {
      const stored = store ? await store(all) : opened(all);
      sightings.push(...all);
      rejected.push(...bad);
      return stored;
    },
    inventory: async () => [targetOf()],
    correlate: ({ labels }) => ({ target: `about ${labels.service ?? labels.container_name}` }),
    onWatchdog: async () => void watchdogs++,
    onAlert: (status) => counted.push(status),
    traceparent: () => '00-a-b-01',
  });
  return { receive, sightings, rejected, counted, watchdogs: () => watchdogs };
}
function refuses(body: unknown, field: string, words = /./) {
  assert.throws(
    () => parseBody(body),
    (error) =>
      error instanceof AegisError &&
      error.code === 'AEGIS_BODY_UNREADABLE' &&
      error.field === field &&
      words.test(error.message),
    JSON.stringify(body)?.slice(0, 100),
  );
}

test('a body that is no JSON object is refused', () => {
  for (const body of [undefined, null, 5, 'alerts', true, [], [alert()], [{ alerts: [] }]])
    refuses(body, 'body', /expected a JSON object/);
});

test('alerts that are no list, or too many, are refused naming the field', () => {
  for (const alerts of [null, {}, 'all', 5, { 0: alert() }]) refuses({ alerts }, 'alerts');
  refuses({ alerts: Array.from({ length: 10_001 }, () => alert()) }, 'alerts');
});

test('a body without alerts is the direct one, and what is wrong with it is named', () => {
  assert.equal(parseBody(direct).kind, 'direct');
  refuses({}, 'incident_id');
  refuses({ ...direct, timestamp: 'noon' }, 'timestamp');
  refuses({ Alerts: [] }, 'incident_id');
});

test('an envelope without an alert is fine: there is nothing to store', async () => {
  const { receive, sightings } = receiver();
  assert.deepEqual(await receive({ alerts: [] }), { kind: 'alertmanager', stored: [], rejected: [] });
  assert.deepEqual(sightings, []);
});

test('one bad alert does not spoil the rest: it is kept as rejected with its reason', () => {
  const bad = [null, 5, [], alert({ startsAt: '0001-01-01T00:00:00Z' }), alert({ labels: {} })];
  const { alerts, rejected } = parseBody({
    version: '4',
    alerts: [alert(), ...bad, alert({ status: 'resolved' })],
  });
  assert.deepEqual(
    alerts.map((one) => one.status),
    ['firing', 'resolved'],
  );
  assert.deepEqual(
    rejected.map((one) => one.body),
    bad,
  );
  assert.match(rejected[3]?.reason ?? '', /startsAt/);
});

test('what is stored is told in the order of the alerts, rejected ones apart, and each is counted', async () => {
  const { receive, sightings, rejected, counted } = receiver();
  const two = alert({ labels: { alertname: 'Second', service: 'bank' }, status: 'resolved' });
  const answer = await receive({ alerts: [alert(), 'bad', two] });
  assert.deepEqual(
    answer.stored.map((one) => one.incidentId),
    ['inc-TargetDown', 'inc-Second'],
  );
  assert.equal(answer.rejected.length, 1);
  assert.equal(rejected[0]?.body, 'bad');
  assert.deepEqual(
    sightings.map((one) => [one.target, one.traceparent]),
    [
      ['about shop', '00-a-b-01'],
      ['about bank', '00-a-b-01'],
    ],
  );
  assert.deepEqual(counted, ['firing', 'resolved', 'rejected']);
});

test('requests that are stored together each get their own results', async () => {
  const { receive } = receiver();
  const names = Array.from({ length: 20 }, (_, i) => `A${i}`);
  const answers = await Promise.all(
    names.map((name) => receive({ alerts: ['bad', alert({ labels: { alertname: name } })] })),
  );
  assert.deepEqual(
    answers.map((answer) => answer.stored.map((one) => one.incidentId)),
    names.map((name) => [`inc-${name}`]),
  );
});

test('the Watchdog is noted and opens nothing, its company is stored', async () => {
  const { receive, sightings, watchdogs } = receiver();
  await receive({ alerts: [watchdog, alert()] });
  assert.equal(watchdogs(), 1);
  assert.deepEqual(
    sightings.map((one) => one.alert.name),
    ['TargetDown'],
  );
  await receive({ alerts: [alert()] });
  assert.equal(watchdogs(), 1);
});

test('a Watchdog that is resolved, or told by a direct sender, says nothing of the way here', async () => {
  const { receive, watchdogs } = receiver();
  await receive({ alerts: [{ ...watchdog, status: 'resolved' }] });
  await receive({ ...direct, alert_type: 'Watchdog' });
  assert.equal(watchdogs(), 0);
});

test('an alert that the database refuses is kept as rejected, and does not keep its group from being stored', async () => {
  const picky = async (all: Sighting[]): Promise<Stored[]> => {
    if (all.some((one) => one.alert.name === 'Impossible')) throw new Error('index row too large');
    return all.map(({ alert }) => ({ incidentId: `inc-${alert.name}`, effect: 'opened' }));
  };
  const { receive, sightings, rejected } = receiver({ store: picky });
  const named = (alertname: string) => alert({ labels: { alertname, service: 'shop' } });
  const [group, other] = await Promise.all([
    receive({ alerts: [named('A'), named('Impossible'), named('B')] }),
    receive({ alerts: [named('C')] }),
  ]);
  assert.deepEqual(
    group.stored.map((one) => one.incidentId),
    ['inc-A', 'inc-B'],
  );
  assert.deepEqual(group.rejected, ['index row too large']);
  assert.equal(other.stored.length, 1);
  assert.deepEqual(
    sightings.map((one) => one.alert.name),
    ['A', 'B', 'C'],
  );
  assert.deepEqual(
    rejected.map((one) => [one.reason, (one.body as { name: string }).name]),
    [['index row too large', 'Impossible']],
  );
});

test('a direct sender is told when the database refuses what it sent', async () => {
  const refuses = async () => Promise.reject(new Error('no such time'));
  const body = receiver({ store: async (all) => (all.length > 0 ? refuses() : []) }).receive(direct);
  await assert.rejects(body, { code: 'AEGIS_BODY_UNREADABLE', message: 'body: no such time' });
});

test('what cannot be stored is neither answered with success nor counted', async () => {
  const down = async () => {
    throw new AegisError('AEGIS_DATABASE_DOWN', 'PostgreSQL cannot be reached');
  };
  const { receive, counted } = receiver({ store: down });
  await assert.rejects(receive({ alerts: [alert()] }), { code: 'AEGIS_DATABASE_DOWN' });
  await assert.rejects(receive(direct), { code: 'AEGIS_DATABASE_DOWN' });
  assert.deepEqual(counted, []);
});

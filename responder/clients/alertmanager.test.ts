/** The real Alertmanager's answers, and what is made of others: another form, an error, none in time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../test/wait.ts';
import { startSweeper, workingDir } from '../../tools/stack/folder.ts';
import { answers, makeParts } from '../../tools/stack/part.ts';
import { makePorts } from '../../tools/stack/ports.ts';
import { UNIT_DIRS } from '../../tools/stack/sweep.ts';
import { toolchain } from '../../tools/toolchain/toolchain.ts';
import { makeAlertmanager } from './alertmanager.ts';

const CONFIG = `
route: { receiver: nobody, group_wait: 0s }
receivers: [{ name: nobody }]
inhibit_rules:
  - { source_matchers: [alertname="Big"], target_matchers: [alertname="Small"] }
`;

/** A real one, with nobody to tell. @returns its address */
async function startAlertmanager(t: TestContext): Promise<string> {
  const dir = await workingDir();
  const sweep = await startSweeper(dir);
  t.after(sweep);
  const { alertmanager } = await toolchain({ say: console.error, names: ['alertmanager'] });
  const ports = makePorts();
  await ports.reserve('alertmanager', 0);
  const url = `http://127.0.0.1:${ports.of('alertmanager')}`;
  const parts = makeParts({
    unitDir: join(dir, UNIT_DIRS[0] ?? 'parts'),
    logDir: dir,
    release: ports.release,
  });
  await parts.start({
    name: 'alertmanager',
    address: url,
    ports: ['alertmanager'],
    command: [
      alertmanager,
      `--config.file=${dir}/alertmanager.yml`,
      `--storage.path=${dir}/data`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
    ],
    cwd: dir,
    env: {},
    async prepare() {
      await mkdir(join(dir, 'data'), { recursive: true });
      await writeFile(join(dir, 'alertmanager.yml'), CONFIG);
    },
    ready: () => answers(`${url}/-/ready`),
  });
  return url;
}
/** @returns what Alertmanager answered. */
async function post(url: string, body: unknown): Promise<unknown> {
  const init = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  };
  const response = await fetch(url, init);
  assert.equal(response.status, 200, url);
  return (await response.text().then((text) => text && JSON.parse(text))) as unknown;
}

test('the real one tells what fires, what is kept quiet, its silences and its age', async (t) => {
  const began = Date.now();
  const url = await startAlertmanager(t);
  const alertmanager = makeAlertmanager({ url });
  assert.deepEqual([await alertmanager.alerts(), await alertmanager.silences()], [[], []]);
  const startsAt = '2026-03-01T11:59:30.123Z';
  const later = new Date(Date.now() + 600_000).toISOString();
  const alert = (alertname: string, over: object = {}) => ({
    ...{ labels: { alertname, service: 'shop' }, startsAt, endsAt: later },
    ...over,
  });
  const over = alert('Over', { endsAt: new Date(Date.now() - 1_000).toISOString() });
  await post(`${url}/api/v2/alerts`, [alert('Quiet'), alert('Big'), alert('Small'), over]);
  const silence = {
    matchers: [{ name: 'alertname', value: 'Qui.*', isRegex: true, isEqual: true }],
    ...{ startsAt: new Date().toISOString(), endsAt: later, createdBy: 'kim', comment: 'I have it' },
  };
  const { silenceID } = (await post(`${url}/api/v2/silences`, silence)) as { silenceID: string };
  await until(async () => (await alertmanager.alerts()).filter(({ active }) => active).length === 1);
  const alerts = await alertmanager.alerts();
  assert.equal(alerts.length, 3, 'suppressed ones too, but not what is over');
  assert.equal(new Set(alerts.map(({ fingerprint }) => fingerprint)).size, 3);
  for (const one of alerts) {
    assert.match(one.fingerprint, /^[0-9a-f]{16}$/);
    assert.equal(Date.parse(one.startsAt), Date.parse(startsAt));
  }
  const [known] = await alertmanager.silences();
  assert.deepEqual([known?.by, known?.comment, known?.matchers], ['kim', 'I have it', silence.matchers]);
  assert.equal(Date.parse(known?.endsAt ?? ''), Date.parse(later));
  await fetch(`${url}/api/v2/silence/${silenceID}`, { method: 'DELETE' });
  assert.deepEqual(await alertmanager.silences(), [], 'an ended one is none');
  const startedAt = (await alertmanager.startedAt()).getTime();
  assert.ok(startedAt >= began - 1_000 && startedAt <= Date.now(), String(startedAt - began));
});

async function fake(t: TestContext, listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const upstream = (message: RegExp) => ({ code: 'AEGIS_UPSTREAM', message });

test('a matcher of before 0.22 means "is equal"', async (t) => {
  const silence = {
    ...{ createdBy: 'kim', comment: '', endsAt: '2026-03-01T13:00:00Z', status: { state: 'active' } },
    matchers: [{ name: 'service', value: 'shop', isRegex: false }],
  };
  const states = ['expired', 'pending'].map((state) => ({ ...silence, status: { state } }));
  const url = await fake(t, (_, response) => response.end(JSON.stringify([silence, ...states])));
  const silences = await makeAlertmanager({ url }).silences();
  assert.deepEqual(
    silences.map(({ matchers }) => matchers[0]?.isEqual),
    [true],
  );
});

test('an alert that it has not looked at yet is held, and not taken for active', async (t) => {
  const alert = { fingerprint: 'f1', startsAt: '2026-03-01T12:00:00Z', status: { state: 'unprocessed' } };
  const url = await fake(t, (_, response) => response.end(JSON.stringify([alert])));
  assert.deepEqual(await makeAlertmanager({ url }).alerts(), [
    { fingerprint: 'f1', startsAt: alert.startsAt, active: false },
  ]);
});

test('an answer of another form is no answer: never "nothing fires"', async (t) => {
  const bodies = ['{}', 'null', '[{}]', '[{"fingerprint": 1}]', '{"status": "success", "data": []}'];
  for (const body of bodies) {
    const alertmanager = makeAlertmanager({ url: await fake(t, (_, response) => response.end(body)) });
    await assert.rejects(alertmanager.alerts(), upstream(/answer of another form to alerts/), body);
    await assert.rejects(alertmanager.silences(), upstream(/answer of another form to silences/), body);
    await assert.rejects(alertmanager.startedAt(), upstream(/answer of another form to status/), body);
  }
  const html = makeAlertmanager({ url: await fake(t, (_, response) => response.end('<html>')) });
  await assert.rejects(html.alerts(), upstream(/no JSON/));
});

test('a time that is none is no answer: nothing would be too young, and nothing known', async (t) => {
  const url = await fake(t, (_, response) => response.end('{"uptime": "since yesterday"}'));
  await assert.rejects(makeAlertmanager({ url }).startedAt(), upstream(/another form to status/));
  const alert = '[{"fingerprint": "f1", "startsAt": "now", "status": {"state": "active"}}]';
  const alerts = await fake(t, (_, response) => response.end(alert));
  await assert.rejects(makeAlertmanager({ url: alerts }).alerts(), upstream(/another form to alerts/));
});

test('an error, no answer in time and nobody there are told as what they are', async (t) => {
  const failing = await fake(t, (_, response) => response.writeHead(500).end('{"code": 500}'));
  await assert.rejects(makeAlertmanager({ url: failing }).alerts(), upstream(/Alertmanager answered 500/));
  const silent = await fake(t, () => undefined);
  await assert.rejects(
    makeAlertmanager({ url: silent, timeoutMs: 50 }).alerts(),
    upstream(/no answer within 50 ms/),
  );
  const slow = await fake(t, (_, response) => void response.write('['));
  await assert.rejects(makeAlertmanager({ url: slow, timeoutMs: 50 }).alerts(), upstream(/within 50 ms/));
  await assert.rejects(makeAlertmanager({ url: 'http://127.0.0.1:1' }).alerts(), upstream(/127\.0\.0\.1:1/));
});

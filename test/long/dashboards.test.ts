/**
 * Grafana cannot run here, so what it would ask is asked without it: every query of every dashboard, of the real Prometheus
 * and the real PostgreSQL, as the role that Grafana has, after a leak and a killed process.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import pg from 'pg';
import { parse } from 'yaml';
import { type Filling, fillSql } from '../../tools/check/dashboards-fill.ts';
import { until } from '../../tools/demo/wait.ts';
import { ROOT } from '../../tools/stack/context.ts';
import { openPanels, STEP_SECONDS } from '../panels.ts';
import { startStory } from '../story.ts';

/** Empty after these two faults, for the reason that the panel itself tells. */
const MAY_BE_EMPTY = [
  'aegisops: Asked, and did not answer',
  'aegisops: Refused by a guard',
  'service-slo: Alerts that fire',
  'service-slo: Ends that nobody asked for',
  'responder: Refusals',
  'responder: In the queue now',
  'responder: What models took',
  'responder: What the models cost',
  'responder: Outbox',
  'responder: Notifications',
];
const began = new Date();

const story = await startStory({
  targets: [{ name: 'target-app', labels: { 'aegis.cost-per-minute': '120' } }],
  env: { responder: { AEGIS_COOLDOWN_SECONDS: '0' } },
});
const { responder = '' } = story.stack.addresses;
const panels = await openPanels(story);
const { boards, asked, grafana } = panels;
after(() => grafana.end());
let filling: Filling;
let ids: string[];

const valuesOf = async (name: string, label: string) => {
  const one = asked.find(({ where }) => where === `aegisops: variable ${name}`) ?? assert.fail(name);
  return (await panels.askPrometheus(one.query, filling)).map(({ metric }) => metric[label] ?? '');
};

test('a leak and a killed process are cured', async () => {
  await story.quiet('target-app');
  await story.trigger('target-app', 'memory');
  const leak = await story.ended('target-app');
  await story.quiet('target-app');
  await story.stack.killPart('target-app-1');
  const kill = await story.ended('target-app', [leak.id]);
  assert.deepEqual([leak.outcome, kill.outcome], ['resolved', 'resolved']);
  ids = [leak.id, kill.id];
});

test('the variables find the target, and the environment that it tells of', async () => {
  await story.quiet('target-app');
  const chosen = { environment: ['.*'], target: ['x'] };
  filling = { from: began, to: new Date(), chosen, scrapeSeconds: STEP_SECONDS };
  assert.deepEqual(await valuesOf('environment', 'deployment_environment_name'), ['demo']);
  assert.deepEqual(await valuesOf('target', 'service'), ['target-app']);
  chosen.environment = ['elsewhere'];
  assert.deepEqual(await valuesOf('target', 'service'), []);
  chosen.environment = ['demo'];
  chosen.target = await valuesOf('target', 'service');
  assert.deepEqual(chosen.target, ['target-app']);
});

test('every PromQL query is answered, has data, and the labels that its legend names', async () => {
  const empty: string[] = [];
  let count = 0;
  for (const { where, query } of asked.filter((one) => one.query.expr !== undefined)) {
    const series = await panels
      .askPrometheus(query, filling)
      .catch((error) => assert.fail(`${where}: ${error.message}`));
    count += 1;
    if (series.length === 0) empty.push(where);
    for (const [, label = ''] of (query.legendFormat ?? '').matchAll(/\{\{(\w+)\}\}/g))
      for (const { metric } of series) assert.ok(metric[label], `${where}: a series without ${label}`);
  }
  assert.ok(count > 40, `${count} queries`);
  assert.deepEqual(
    empty.filter((where) => !MAY_BE_EMPTY.includes(where)),
    [],
  );
});

test('every SQL query is answered to Grafana’s role, has data, and times and numbers where it tells of time', async () => {
  const empty: string[] = [];
  let count = 0;
  for (const { where, query } of asked.filter((one) => one.query.rawSql !== undefined)) {
    const { rows, fields } = await grafana
      .query(fillSql(query.rawSql ?? '', filling))
      .catch((error) => assert.fail(`${where}: ${error.message}`));
    count += 1;
    if (rows.length === 0) empty.push(where);
    if (query.format !== 'time_series') continue;
    const { TIMESTAMPTZ, TEXT, INT4, INT8, FLOAT8 } = pg.types.builtins;
    const [time, metric, value] = fields.map(({ dataTypeID }) => dataTypeID);
    assert.deepEqual([time, metric], [TIMESTAMPTZ, TEXT], where);
    assert.ok([INT4, INT8, FLOAT8].includes(value as number), `${where}: values that are no numbers`);
  }
  assert.ok(count > 15, `${count} queries`);
  assert.deepEqual(
    empty.filter((where) => !MAY_BE_EMPTY.includes(where)),
    [],
  );
});

test('the lifecycle shows every stage of both incidents, each in its order, and is nominal before and after', async () => {
  const { query } = asked.find(({ where }) => where.endsWith('Lifecycle of each target')) ?? assert.fail();
  const { rows } = await grafana.query(fillSql(query?.rawSql ?? '', filling));
  const levels = rows.map(({ value }) => value).filter((value, i, all) => value !== all[i - 1]);
  assert.deepEqual(levels, [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0]);
});

test('what was saved is the same in Prometheus and in the database: 15 minutes less the real ones, at 120 dollars', async () => {
  const { rows } = await grafana.query('select sum(usd) as usd, sum(minutes) as minutes from grafana.saving');
  assert.ok(rows[0].minutes > 20 && rows[0].minutes < 30, `${rows[0].minutes} minutes`);
  assert.ok(Math.abs(rows[0].usd - rows[0].minutes * 120) < 0.01);
  const told = await until('the metric', 30_000, () => story.query('sum(aegis_savings_usd_total)'));
  assert.ok(Math.abs(told - rows[0].usd) < 0.01);
});

test('Grafana’s role reads nothing but the views: no table, no other database, no file', async () => {
  const tables = await grafana.query(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  assert.ok(tables.rows.length > 10);
  for (const { relname } of tables.rows)
    await assert.rejects(
      grafana.query(`select * from public.${relname} limit 1`),
      /permission denied/,
      relname,
    );
  await assert.rejects(grafana.query(`select pg_read_file('/etc/passwd')`), /permission denied/);
  await assert.rejects(
    grafana.query('begin transaction read write; delete from grafana.action'),
    /permission denied/,
  );
});

test('every link leads to a page: of the responder, of each incident, and the runbook of every rule', async () => {
  const text = JSON.stringify(boards);
  const links = [...text.matchAll(/\$public_url(\/[^"\\)]*)/g)].flatMap(([, path = '']) =>
    path.includes('incident_id') ? ids.map((id) => `/incidents/${id}`) : [path],
  );
  const rules = globSync('prometheus/rules/*.yml', { cwd: ROOT }).flatMap((file) =>
    (
      parse(readFileSync(`${ROOT}/${file}`, 'utf8')).groups as {
        rules: { annotations?: { runbook_url: string } }[];
      }[]
    )
      .flatMap((group) => group.rules)
      .flatMap(({ annotations }) => (annotations ? [new URL(annotations.runbook_url).pathname] : [])),
  );
  const paths = new Set([...links, ...rules].filter((path) => !path.includes('__data')));
  assert.ok(paths.size > 14, [...paths].join());
  for (const path of paths) {
    const response = await fetch(responder + path);
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get('content-type') ?? '', /text\/html/, path);
  }
  const shop = story.stack.addresses['target-app-1'];
  assert.equal((await fetch(`${shop}/trigger_reset`)).status, 200);
});

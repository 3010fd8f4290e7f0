/** The dashboards as they are, and with one mistake in them. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { READER } from '../../responder/setup/grafana.ts';
import { SECRETS } from '../../responder/setup/secrets.ts';
import { startDatabase, type TestDatabase } from '../../test/database.ts';
import { ROOT } from '../stack/context.ts';
import { dashboardProblems, SAMPLE, staleDashboards } from './dashboards.ts';
import { type DashboardFile, type Panel, readDashboards } from './dashboards-files.ts';
import { fillPromql, fillSql, unknownIn } from './dashboards-fill.ts';
import { sqlProblems } from './dashboards-sql.ts';
import { folderOf } from './folders.test-helper.ts';

let db: TestDatabase;
before(async () => {
  db = await startDatabase();
});
after(() => db.stop());

const NAMES = ['aegisops', 'service-slo', 'responder'];
const panelOf = ({ panels }: DashboardFile, title: string): Panel =>
  panels.find((one) => one.title === title) ?? assert.fail(`there is no panel ${title}`);

/** A copy of all that the checks read, with one dashboard changed. */
function changed(t: TestContext, name: string, change: (board: DashboardFile) => void): string {
  const root = folderOf(t, { 'here.txt': '' });
  for (const folder of ['grafana', 'prometheus/rules', 'docs/runbooks', 'target-app/faults'])
    cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  const path = join(root, `grafana/dashboards/${name}.json`);
  const board = JSON.parse(readFileSync(path, 'utf8')) as DashboardFile;
  change(board);
  writeFileSync(path, JSON.stringify(board));
  return root;
}
const query = (panel: Panel) => panel.targets?.[0] ?? assert.fail('asks nothing');

test('there are the dashboards that the documentation names, and nothing is wrong with them', () => {
  assert.deepEqual(
    readDashboards(ROOT)
      .map(({ name }) => name)
      .toSorted(),
    NAMES.toSorted(),
  );
  assert.deepEqual(dashboardProblems(ROOT), []);
  assert.deepEqual(staleDashboards(ROOT), []);
});

test('a file that was changed by hand is found', (t) => {
  const root = changed(t, 'responder', (board) => {
    board.title = 'Another';
  });
  assert.deepEqual(staleDashboards(root), [
    'grafana/dashboards/responder.json is not what grafana/*.ts makes: npm run dashboards',
  ]);
});

const MISTAKES: [string, string, (board: DashboardFile) => void, RegExp][] = [
  [
    'a metric that nobody emits',
    'responder',
    (b) => {
      query(panelOf(b, 'Memory')).expr = 'max by (instance) (aegis_memory_bytes)';
    },
    /Memory: nobody emits aegis_memory_bytes$/,
  ],
  [
    'a label that a metric does not have',
    'responder',
    (b) => {
      query(panelOf(b, 'Latency')).expr =
        'sum by (route) (rate(aegis_http_request_duration_seconds_count{path="/"}[1m]))';
    },
    /Latency: aegis_http_request_duration_seconds_count has no label path$/,
  ],
  [
    'a label that a recorded series lost',
    'service-slo',
    (b) => {
      query(panelOf(b, 'Burn rate, fast')).expr = 'service:error_ratio:rate1h{instance="shop-1"}';
    },
    /service:error_ratio:rate1h has no label instance$/,
  ],
  [
    'a legend of a label that is gone',
    'service-slo',
    (b) => {
      query(panelOf(b, 'Burn rate, slow')).legendFormat = '{{instance}}';
    },
    /the legend names instance/,
  ],
  [
    'a variable that nobody fills in',
    'service-slo',
    (b) => {
      query(panelOf(b, 'CPU')).expr = 'service:cpu_utilization:max{service=~"$service"}';
    },
    /CPU: nobody fills in \$service$/,
  ],
  [
    'a data source that is not provisioned',
    'aegisops',
    (b) => {
      panelOf(b, 'Incidents').datasource = { type: 'grafana-postgresql-datasource', uid: 'mine' };
    },
    /Incidents: no data source mine/,
  ],
  [
    'no description',
    'aegisops',
    (b) => {
      panelOf(b, 'Runbook').description = '';
    },
    /Runbook has no description$/,
  ],
  [
    'no unit',
    'responder',
    (b) => {
      panelOf(b, 'Queue').fieldConfig = { defaults: { noValue: 'x' }, overrides: [] };
    },
    /Queue has no unit$/,
  ],
  [
    'no reason why it may be empty',
    'aegisops',
    (b) => {
      panelOf(b, 'Outcomes').fieldConfig = { defaults: { unit: 'none' }, overrides: [] };
    },
    /Outcomes does not say why it may be empty$/,
  ],
  [
    'a trigger that the shop does not have',
    'aegisops',
    (b) => {
      panelOf(b, 'Simulation').options = { content: '[x]($shop_url/trigger_flood)' };
    },
    /trigger_flood: the shop has no such trigger$/,
  ],
  [
    'a runbook page that nobody wrote',
    'aegisops',
    (b) => {
      panelOf(b, 'What the alerts mean').options = { content: '[x]($public_url/runbooks/TargetLost)' };
    },
    /there is no docs\/runbooks\/TargetLost\.md$/,
  ],
  [
    'a page that the responder does not have',
    'aegisops',
    (b) => {
      b.links?.push({ title: 'x', url: '$public_url/reports' });
    },
    /\/reports: the responder has no such page$/,
  ],
  [
    'a link elsewhere',
    'aegisops',
    (b) => {
      b.links?.push({ title: 'x', url: 'http://localhost:8001/' });
    },
    /begins with neither/,
  ],
  [
    'a panel id twice',
    'aegisops',
    (b) => {
      panelOf(b, 'Runbook').id = 1;
    },
    /panel id 1 is there twice$/,
  ],
  [
    'a uid twice',
    'responder',
    (b) => {
      b.uid = 'aegisops';
    },
    /^two dashboards have the uid aegisops$/,
  ],
  [
    'no annotations',
    'service-slo',
    (b) => {
      b.annotations.list = [];
    },
    /service-slo does not show the annotations/,
  ],
  [
    'a variable that is gone',
    'service-slo',
    (b) => {
      b.templating.list = b.templating.list.filter(({ name }) => name !== 'environment');
    },
    /service-slo has no variable environment$/,
  ],
];
for (const [what, name, change, problem] of MISTAKES)
  test(`${what} is found, and nothing else`, (t) => {
    const found = dashboardProblems(changed(t, name, change));
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', problem);
  });

test('a rule that is called otherwise is missed where a panel reads it', (t) => {
  const root = changed(t, 'responder', () => undefined);
  const rules = join(root, 'prometheus/rules/targets.yml');
  const text = readFileSync(rules, 'utf8').replaceAll('service:cpu_utilization:max', 'service:cpu:max');
  writeFileSync(rules, text);
  assert.deepEqual(dashboardProblems(root), ['service-slo: CPU: nobody emits service:cpu_utilization:max']);
});

const ask = (text: string) => db.database.query(text);

test('PostgreSQL takes every statement, and each has the columns that its panel names', async () => {
  assert.deepEqual(await sqlProblems(readDashboards(ROOT), ask), []);
});

test('a view, a column, or a column of a table or link that is not there is found', async () => {
  const withSql = async (title: string, change: (panel: Panel) => void) => {
    const board = readDashboards(ROOT).find(({ name }) => name === 'aegisops') ?? assert.fail();
    const panel = panelOf(board, title);
    change(panel);
    return sqlProblems(
      [{ ...board, panels: [panel], annotations: { list: [] }, templating: { list: [] } }],
      ask,
    );
  };
  const replaced = (from: string, to: string) => (panel: Panel) => {
    const one = query(panel);
    assert.ok(one.rawSql?.includes(from), `the query does not hold ${from}`);
    one.rawSql = (one.rawSql ?? '').replaceAll(from, to);
  };
  assert.deepEqual(await withSql('Actions', replaced('grafana.action', 'grafana.deed')), [
    'aegisops: Actions: relation "grafana.deed" does not exist',
  ]);
  assert.deepEqual(await withSql('Actions', replaced('undo_state', 'undone')), [
    'aegisops: Actions: column "undone" does not exist',
  ]);
  assert.deepEqual(await withSql('Actions', replaced(', incident_id', '')), [
    'aegisops: Actions: its query gives no column incident_id',
  ]);
  assert.match(
    String(await withSql('Lifecycle of each target', replaced('as metric', 'as lane'))),
    /a series has the columns time, metric, value/,
  );
});

test('variables and macros are filled in as Grafana does it, quotes and all', () => {
  const sql = `select $__timeFrom() where $__timeFilter(a.time) and target in (\${target:sqlstring}) and x < $__timeTo()`;
  assert.equal(
    fillSql(sql, SAMPLE),
    "select '2026-01-02T03:00:00.000Z' where a.time BETWEEN '2026-01-02T03:00:00.000Z' AND '2026-01-02T04:00:00.000Z' and target in ('shop','o''brien') and x < '2026-01-02T04:00:00.000Z'",
  );
  const promql = `rate(a{t=~"$target", e=~"\${environment:regex}"}[$__rate_interval]) / b[$__range]`;
  const chosen = { target: ['a.b', 'c'], environment: ['.*'] };
  assert.equal(
    fillPromql(promql, { ...SAMPLE, chosen }),
    'rate(a{t=~"(a\\\\.b|c)", e=~".*"}[20s]) / b[3600s]',
  );
  assert.deepEqual(unknownIn(fillPromql('a{b="$c"} $__auto', SAMPLE)), ['c', '__auto']);
});

test('Compose gives Grafana what provisioning names: folders, the home dashboard, the role and its password', () => {
  const read = (file: string) => parse(readFileSync(join(ROOT, file), 'utf8'), { merge: true });
  const { environment, volumes } = read('docker-compose.yml').services.grafana as {
    environment: Record<string, string>;
    volumes: string[];
  };
  const mounted = (path: string) => {
    const found = volumes.map((one) => one.split(':')).find(([, inside]) => path.startsWith(`${inside}/`));
    return found ? path.replace(found[1] ?? '', found[0] ?? '') : assert.fail(`${path} is not mounted`);
  };
  const home = mounted(environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '');
  assert.equal(readDashboards(ROOT).find(({ name }) => home.endsWith(`/${name}.json`))?.uid, 'aegisops');
  const [provider] = read('grafana/provisioning/dashboards/aegisops.yaml').providers;
  assert.equal(mounted(`${provider.options.path}/x.json`), './grafana/dashboards/x.json');
  assert.equal(mounted('/etc/grafana/provisioning/dashboards/x'), './grafana/provisioning/dashboards/x');
  const [source] = read('grafana/provisioning/datasources/postgresql.yaml').datasources;
  assert.equal(source.user, READER);
  const files = SECRETS.map(({ file }) => `$__file{/run/secrets/${file}}`);
  assert.ok(files.includes(source.secureJsonData.password));
  // Never by a setting of its own, which could be forgotten where ports are opened to others.
  assert.equal(environment.GF_AUTH_ANONYMOUS_ENABLED, undefined);
  assert.equal(environment.GF_AUTH_ANONYMOUS_ENABLED__FILE, '/run/secrets/grafana_anonymous');
  assert.equal(environment.GF_AUTH_ANONYMOUS_ORG_ROLE, 'Viewer');
});

/**
 * Every metric that a rule reads is one that somebody emits: the shop as it runs (its own page, renamed as
 * prometheus.yml does it), the responder's registry, or another rule. The Collector's path has a story in test/.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { makeAlertCounter, makeMetricsSink, registerStanding } from '../responder/announce/metrics.ts';
import { startPostgres } from '../test/postgres.ts';
import { ROOT } from '../tools/stack/context.ts';
import { makePorts } from '../tools/stack/ports.ts';
import { type Renaming, renamed, type Series, selectorsIn, seriesIn } from './selectors.test-helper.ts';

/** Prometheus' own series, and the labels that come from scrape lists rather than from programs. */
const OWN_SERIES = ['up', 'ALERTS'];
const OWN_LABELS = ['job', 'service', 'instance', 'path'];

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
}
interface ScrapeConfig {
  job_name: string;
  metric_relabel_configs?: Renaming[];
}

const ROOT_OF_RULES = join(ROOT, 'prometheus');
const read = (file: string) => parse(readFileSync(join(ROOT_OF_RULES, file), 'utf8'));
const rules: Rule[] = globSync('rules/*.yml', { cwd: ROOT_OF_RULES }).flatMap((file) =>
  (read(file).groups as { rules: Rule[] }[]).flatMap((group) => group.rules),
);

/** A page of metrics, once it tells of this metric. */
async function pageWith(url: string, name: string): Promise<string> {
  for (let waited = 0; waited < 30_000; waited += 100) {
    const page = await fetch(url).then(
      (response) => response.text(),
      () => '', // not listening yet
    );
    if (page.includes(name)) return page;
    await sleep(100);
  }
  return assert.fail(`${url} never told of ${name}`);
}

/** What the shop's page brings after a request that asked the database, under the names that Prometheus stores. */
async function shopSeries(): Promise<Series[]> {
  const postgres = await startPostgres();
  after(() => postgres.stop());
  const ports = makePorts();
  const [port, metricsPort] = [await ports.reserve('http', 0), await ports.reserve('metrics', 0)];
  for (const name of ['http', 'metrics']) await ports.release(name);
  const env = {
    PATH: process.env.PATH,
    NODE_NO_WARNINGS: '1',
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    DATABASE_URL: await postgres.fresh('shop'),
  };
  const shop = spawn(process.execPath, ['--import', './target-app/telemetry.ts', 'target-app/main.ts'], {
    cwd: ROOT,
    env,
    stdio: 'ignore',
  });
  const ended = once(shop, 'exit');
  after(async () => {
    shop.kill('SIGKILL');
    await ended;
  });
  await pageWith(`http://127.0.0.1:${metricsPort}/metrics`, 'nodejs_');
  await fetch(`http://127.0.0.1:${port}/api/products`);
  const page = await pageWith(
    `http://127.0.0.1:${metricsPort}/metrics`,
    'db_client_operation_duration_count',
  );
  assert.match(page, /^http_server_request_duration_count/m);
  const renames = renamesOf('targets');
  return seriesIn(page).map(({ name, labels }) => ({ name: renamed(name, renames), labels }));
}

function renamesOf(job: string): Renaming[] {
  const jobs = read('prometheus.yml').scrape_configs as ScrapeConfig[];
  return jobs.find(({ job_name }) => job_name === job)?.metric_relabel_configs ?? [];
}

async function responderSeries(): Promise<Series[]> {
  const registry = new Registry();
  makeMetricsSink({ registry, knownTargets: async () => [], knownAlerts: async () => [] });
  makeAlertCounter(registry);
  registerStanding({
    registry,
    openStates: async () => [{ target: 'shop', state: 'detected' }],
    targets: async () => [{ name: 'shop', instances: [{ id: 'shop-1' }] }],
    lastWatchdog: async () => new Date(),
    exits: async () => [],
    onError: assert.fail,
  });
  return seriesIn(await registry.metrics());
}

test('every metric and label that a rule reads is emitted by the shop, the responder or another rule', async () => {
  const emitted = [...(await shopSeries()), ...(await responderSeries())];
  const recorded = rules.flatMap(({ record }) => record ?? []);
  for (const { record, alert, expr } of rules) {
    const rule = record ?? alert;
    for (const { name, labels } of selectorsIn(expr)) {
      if (OWN_SERIES.includes(name) || recorded.includes(name)) continue;
      const series = emitted.filter((one) => one.name === name);
      assert.ok(series.length > 0, `${rule} reads ${name}, which nobody emits`);
      for (const label of labels.filter((one) => !OWN_LABELS.includes(one)))
        assert.ok(
          series.some((one) => one.labels.includes(label)),
          `${rule} reads ${name}{${label}}, which nobody sets`,
        );
    }
  }
});

test('both paths bring one name, whatever suffix each of them adds', () => {
  const names = [
    ['process_memory_limit_utilization', 'process_memory_limit_utilization_ratio'],
    ['nodejs_eventloop_utilization', 'nodejs_eventloop_utilization_ratio'],
    ['http_server_concurrency_utilization', 'http_server_concurrency_utilization_ratio'],
    ['process_cpu_utilization', 'process_cpu_utilization'], // without a unit, the Collector adds nothing
    ['http_server_request_duration_bucket', 'http_server_request_duration_seconds_bucket'],
    ['db_client_operation_duration_count', 'db_client_operation_duration_seconds_count'],
    ['db_client_connection_count', 'db_client_connection_count'],
    ['db_client_connection_max', 'db_client_connection_max'],
    ['db_client_connection_pending_requests', 'db_client_connection_pending_requests'],
  ] as const;
  for (const [scraped, pushed] of names)
    assert.equal(renamed(scraped, renamesOf('targets')), renamed(pushed, renamesOf('otel-collector')));
});

test('what the responder says of an instance comes as `exported_instance`, since the scrape keeps its own label', () => {
  const { scrape_configs } = read('prometheus.yml') as {
    scrape_configs: { job_name: string; honor_labels?: boolean }[];
  };
  assert.notEqual(scrape_configs.find(({ job_name }) => job_name === 'responder')?.honor_labels, true);
  const readers = rules.filter(({ expr }) => expr.includes('aegis_target_exits_total'));
  assert.equal(readers.length, 2);
  for (const { expr } of readers) assert.match(expr, /by \([^)]*exported_instance/);
});

test('the metrics of an expression are found, and nothing else in it', () => {
  const expression = `
    max by (service, instance) (sum without (le) (rate(http_requests_count{code=~"5..", path!="a{b"}[30s] offset 1m))) # note
      or on (service) label_replace(min_over_time(a:b:c[15s]) and bool_metric, "x", "$1", "y", "(.+)")
      > bool 1e3 unless absent(last_seen) * time() - 2`;
  assert.deepEqual(selectorsIn(expression), [
    { name: 'http_requests_count', labels: ['code', 'path'] },
    { name: 'a:b:c', labels: [] },
    { name: 'bool_metric', labels: [] },
    { name: 'last_seen', labels: [] },
  ]);
});

test('names are rewritten as Prometheus does it: whole names only, with groups', () => {
  const rules = [
    {
      source_labels: ['__name__'],
      regex: '(.+_duration)(_sum)?',
      target_label: '__name__',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Prometheus' way to name a group
      replacement: '${1}_seconds${2}',
    },
    { source_labels: ['job'], regex: '.*', target_label: '__name__', replacement: 'never' },
  ];
  assert.equal(renamed('request_duration_sum', rules), 'request_duration_seconds_sum');
  assert.equal(renamed('request_duration', rules), 'request_duration_seconds');
  assert.equal(renamed('request_duration_max', rules), 'request_duration_max');
});

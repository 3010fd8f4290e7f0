/** Prometheus' own words on its configuration, on the rules, on the rules' tests (rules*.test.yml) and on the demo's variant. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandProblems } from '../tools/check/check.ts';
import { changedCopy, folderOf } from '../tools/check/folders.test-helper.ts';
import { prometheusConfigProblems, ruleProblems } from '../tools/check/prometheus.ts';
import { ROOT } from '../tools/stack/context.ts';
import { DEMO_TIMINGS, localise } from '../tools/stack/localise.ts';
import { toolchain } from '../tools/toolchain/toolchain.ts';

const { promtool } = await toolchain({ say: console.error, names: ['promtool'] });
const TARGETS = 'prometheus/rules/targets.yml';

/** @param named only tests whose names match */
function ruleTestProblems(root: string, { files = 'prometheus/rules*.test.yml', named = '' } = {}) {
  const args = ['test', 'rules', ...(named ? [`--run=${named}`] : []), ...globSync(files, { cwd: root })];
  return commandProblems(promtool, args, { cwd: root });
}

test('configuration and rules as committed are in order, and so are the tests of the rules', async () => {
  assert.deepEqual(await prometheusConfigProblems(promtool, ROOT), []);
  assert.deepEqual(await ruleProblems(promtool, ROOT), []);
  assert.deepEqual(await ruleTestProblems(ROOT), []);
});

test('a misspelt setting is found', async (t) => {
  const root = changedCopy(t, 'prometheus/prometheus.yml', 'scrape_timeout', 'scrape_timout');
  assert.match((await prometheusConfigProblems(promtool, root)).join(), /scrape_timout/);
});

test('a rule that does not parse, and one that is there twice, are found', async (t) => {
  const broken = changedCopy(t, TARGETS, '(up{job="targets"})', '(up{job="targets"}');
  assert.match((await ruleProblems(promtool, broken)).join(), /could not parse expression/);
  const twice = changedCopy(t, TARGETS, 'record: service:up:max', 'record: service:memory_utilization:max');
  assert.match((await ruleProblems(promtool, twice)).join(), /duplicate rule/);
});

test('a changed threshold, waiting time or clause fails the tests of the rules', async (t) => {
  for (const [from, to, named] of [
    ['> 0.85', '> 0.99', '^memory'],
    ['for: 10s', 'for: 30s', '^memory'],
    ['service:up:max == 0', 'service:up:max == 2', '^down'],
    ['max > 0.9', 'max > 0.99', '^event loop'],
    ['p95 > 0.5', 'p95 > 5', '^database'],
    [' >= 2', ' >= 1', '^database'],
    [' >= 5', ' >= 3', '^near misses'],
    [' >= 5', ' >= 50', '^a quiet service'],
    ['rate1h > 0.0144', 'rate1h > 0.05', '^fast burn'],
    ['rate5m > 0.0144', 'rate1h > 0.0144', '^fast burn'],
    ['rate30m > 0.006', 'rate6h > 0.006', '^slow burn'],
    ['rate6h > 0.006', 'rate6h > 0.02', '^slow burn'],
    ['for: 60s', 'for: 30s', '^telemetry - restarts'],
    ['{reason="oom"}[1m]', '{reason="oom"}[15s]', '^killed - one kill'],
    ['{reason="oom"}[1m]', '[1m]', '^killed - one kill'],
    ['max by (target, exported_instance) (increase', '(increase', '^killed - two replicas'],
    [
      'max_over_time(aegis_target_exits_total[300s])',
      'aegis_target_exits_total',
      '^crash loop - the responder',
    ],
    ['(target, exported_instance, job, instance)', '(target, job, instance)', '^crash loop - near'],
    ['[300s]', '[600s]', '^crash loop - near'],
    [') >= 3', ') >= 2', '^crash loop - near'],
    ['{path="collector"}[10m]', '{path="direct"}[10m]', '^telemetry - who never used'],
    ['silent_path="collector"', 'silent_path="none"', '^telemetry - the Collector'],
    ['unless on (service, instance) service:up:max == 0', '', '^telemetry - the direct scrape'],
  ] as const) {
    const root = changedCopy(t, TARGETS, from, to);
    assert.match((await ruleTestProblems(root, { named })).join(), /FAILED/, `${from} -> ${to}`);
  }
});

test('the demo variant loads, and its alerts come within seconds', async (t) => {
  const committed = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const localised = globSync('prometheus/rules/*.yml', { cwd: ROOT }).map(
    (file) => [file, localise(committed(file), DEMO_TIMINGS)] as const,
  );
  const tests = 'prometheus/demo.test.yml';
  const root = folderOf(t, { ...Object.fromEntries(localised), [tests]: committed(tests) });
  assert.deepEqual(await ruleProblems(promtool, root), []);
  assert.deepEqual(await ruleTestProblems(root, { files: tests }), []);
});

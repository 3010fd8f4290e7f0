/** Prometheus' own words on its configuration, on the rules, and on the rules' tests (rules.test.yml). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedCopy } from '../tools/check/folders.test-helper.ts';
import { prometheusConfigProblems, ruleProblems, ruleTestProblems } from '../tools/check/prometheus.ts';
import { ROOT } from '../tools/stack/context.ts';
import { toolchain } from '../tools/toolchain/toolchain.ts';

const { promtool } = await toolchain({ say: console.error, names: ['promtool'] });
const TARGETS = 'prometheus/rules/targets.yml';

test('configuration and rules as committed are in order, and so are the tests of the rules', async () => {
  assert.deepEqual(await prometheusConfigProblems(promtool, ROOT), []);
  assert.deepEqual(await ruleProblems(promtool, ROOT), []);
  assert.deepEqual(await ruleTestProblems(promtool, ROOT), []);
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

test('a changed threshold or waiting time fails the tests of the rules', async (t) => {
  for (const [from, to] of [
    ['> 0.85', '> 0.99'],
    ['for: 10s', 'for: 30s'],
    ['service:up:max == 0', 'service:up:max == 2'],
  ] as const) {
    const root = changedCopy(t, TARGETS, from, to);
    assert.match((await ruleTestProblems(promtool, root)).join(), /FAILED/, `${from} -> ${to}`);
  }
});

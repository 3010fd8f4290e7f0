import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { addressesOf, ROOT, type StackContext } from './context.ts';
import { DEMO_TIMINGS, localise, strayAddresses } from './localise.ts';
import { DEFAULT_PORTS } from './ports.ts';

const COMMITTED = [
  'prometheus/prometheus.yml',
  'prometheus/rules/targets.yml',
  'prometheus/rules/watch-the-watcher.yml',
  'alertmanager/alertmanager.yml',
];
const context = {
  dir: '/srv/stack',
  inventoryFile: '/srv/stack/inventory/inventory.json',
  ports: { of: (name: string) => 10_000 + Object.keys(DEFAULT_PORTS).indexOf(name) },
} as unknown as StackContext;
const committed = (file: string) => readFile(join(ROOT, file), 'utf8');
const REPLACEMENTS = { ...addressesOf(context), ...DEMO_TIMINGS };

test('no committed file keeps an address or a path that exists only in Compose', async () => {
  for (const file of COMMITTED)
    assert.deepEqual(strayAddresses(localise(await committed(file), REPLACEMENTS)), [], file);
});

test('an address that nobody replaces is found', () => {
  const text =
    'a: [redis:6379]\n# example:80\nurl: http://loki.internal:3100/x\nfile: /etc/prometheus/more.json';
  assert.deepEqual(strayAddresses(text), ['redis:6379', 'loki.internal:3100', '/etc/prometheus/more.json']);
});

test('every replacement still has something to replace', async () => {
  const texts = (await Promise.all(COMMITTED.map((file) => committed(file)))).join('\n');
  for (const key of Object.keys(REPLACEMENTS)) assert.ok(texts.includes(key), `"${key}" occurs in no file`);
});

test('the demo keeps the waiting times of the alerts that call a person', async () => {
  const text = localise(await committed('prometheus/rules/watch-the-watcher.yml'), DEMO_TIMINGS);
  assert.match(text, /for: 1m/);
  assert.match(text, /for: 15m/);
});

test('the demo shortens every range of an SLI or a burn rate, and no name', async () => {
  const text = await committed('prometheus/rules/targets.yml');
  const demo = localise(text, DEMO_TIMINGS);
  const ranges = (rules: string) => [...new Set(rules.match(/\[\w+\]/g))].toSorted();
  const names = (rules: string) => rules.match(/\b\w+:\w+:\w+\b/g);
  assert.deepEqual(ranges(text), [
    '[10m]',
    '[15s]',
    '[1h]',
    '[1m]',
    '[300s]',
    '[30m]',
    '[30s]',
    '[5m]',
    '[6h]',
  ]);
  // How long the inventory must be known, a path is remembered and ends of an instance count together are no waiting times.
  assert.deepEqual(ranges(demo), ['[10m]', '[15s]', '[1m]', '[300s]', '[30s]', '[5s]', '[6m]']);
  assert.deepEqual(names(demo), names(text));
});

test('the demo waits for two more evaluations only where one reading says little', async () => {
  const demo = localise(await committed('prometheus/rules/targets.yml'), DEMO_TIMINGS);
  const waits = [...demo.matchAll(/alert: (\w+)|^ +(for: \w+)/gm)].map(([, alert, wait]) => alert ?? wait);
  assert.deepEqual(waits, [
    'TargetMemorySaturated',
    'for: 0s',
    'TargetDown',
    'for: 0s',
    'TargetOomKilled',
    'TargetCrashLooping',
    'TargetEventLoopSaturated',
    'for: 2s',
    'TargetDatabaseSlow',
    'for: 0s',
    'TargetTelemetryAbsent',
    'for: 10s',
    'TargetErrorBudgetBurnFast',
    'TargetErrorBudgetBurnSlow',
  ]);
});

test('replacements do not feed one another', () => {
  assert.equal(localise('a:1 b:2', { 'a:1': 'b:2', 'b:2': 'c:3' }), 'b:2 c:3');
});

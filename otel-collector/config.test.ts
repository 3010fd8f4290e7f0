/** The Collector's own words on its configuration, alone and with traces.yaml. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectorProblems } from '../tools/check/collector.ts';
import { changedCopy } from '../tools/check/folders.test-helper.ts';
import { ROOT } from '../tools/stack/context.ts';
import { toolchain } from '../tools/toolchain/toolchain.ts';

const { otelcol } = await toolchain({ say: console.error, names: ['otelcol'] });

test('both variants of the configuration are in order', async () => {
  assert.deepEqual(await collectorProblems(otelcol, ROOT), []);
});

test('a misspelt setting is found in both variants', async (t) => {
  const root = changedCopy(t, 'otel-collector/config.yaml', 'send_timestamps', 'send_stamps');
  const problems = await collectorProblems(otelcol, root);
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? '', /send_stamps/);
});

test('an exporter that is used but not set up is found in the variant that uses it', async (t) => {
  const from = 'exporters: [otlphttp/traces]';
  const root = changedCopy(t, 'otel-collector/traces.yaml', from, 'exporters: [otlphttp/spans]');
  const problems = await collectorProblems(otelcol, root);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /^config.yaml \+ traces.yaml:[\s\S]*otlphttp\/spans/);
});

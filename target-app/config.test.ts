import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig, parseLoadConfig } from './config.ts';

const DATABASE_URL = 'postgres://shop:s%40cret@127.0.0.1:5433/shop';

test('defaults stand where nothing is set, an empty value included', () => {
  const parsed = parseConfig({ DATABASE_URL, PORT: '', OTEL_EXPORTER_OTLP_ENDPOINT: '' });
  assert.deepEqual(parsed, {
    config: {
      host: '127.0.0.1',
      port: 8000,
      metricsPort: 9464,
      database: { host: '127.0.0.1', port: 5433, database: 'shop', user: 'shop', password: 's@cret' },
      faultsOn: false,
      service: 'target-app',
      version: '1.0.0',
      instance: undefined,
      leakSeconds: undefined,
      requestSlots: 8,
      requestWaitMs: 100,
      memoryLimitBytes: undefined,
      otlpEndpoint: undefined,
      metricIntervalMs: 10_000,
    },
  });
});

test('one line names every bad setting', () => {
  const parsed = parseConfig({
    PORT: '99999',
    AEGIS_FAULTS: 'yes',
    MEMORY_LIMIT_BYTES: '400MB',
    LEAK_SECONDS: 'slowly',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
  });
  assert.ok('problem' in parsed);
  assert.ok(!parsed.problem.includes('\n'));
  for (const name of [
    'PORT',
    'DATABASE_URL',
    'AEGIS_FAULTS',
    'MEMORY_LIMIT_BYTES',
    'LEAK_SECONDS',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ])
    assert.match(parsed.problem, new RegExp(`\\b${name} `));
});

test('a database address of another kind is refused', () => {
  for (const url of ['mysql://h/db', 'postgres://h', 'nonsense', 'postgres://h/db?sslmode=require']) {
    const parsed = parseConfig({ DATABASE_URL: url });
    assert.ok('problem' in parsed, url);
    assert.match(parsed.problem, /DATABASE_URL/);
  }
});

test('the database address may come from a file; both at once, or a file that is not there, is refused', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'shop-config-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'shop_database_url');
  writeFileSync(file, `${DATABASE_URL}\n`);
  const parsed = parseConfig({ DATABASE_URL: '', DATABASE_URL_FILE: file });
  assert.ok('config' in parsed && parsed.config.database.password === 's@cret');
  const both = parseConfig({ DATABASE_URL, DATABASE_URL_FILE: file });
  assert.ok('problem' in both && /DATABASE_URL and DATABASE_URL_FILE are both set/.test(both.problem));
  const none = parseConfig({ DATABASE_URL_FILE: `${file}x` });
  assert.ok('problem' in none && /DATABASE_URL_FILE cannot be read: ENOENT/.test(none.problem));
});

test('an unknown release is refused with the names of those there are', () => {
  const parsed = parseConfig({ DATABASE_URL, SERVICE_VERSION: '9.9.9' });
  assert.ok('problem' in parsed);
  assert.match(parsed.problem, /^wrong settings: SERVICE_VERSION .*1\.0\.0, 1\.1\.0$/);
  const known = parseConfig({ DATABASE_URL, SERVICE_VERSION: '1.1.0' });
  assert.ok('config' in known && known.config.version === '1.1.0');
});

test('both ports the same is refused', () => {
  const parsed = parseConfig({ DATABASE_URL, PORT: '9464' });
  assert.ok('problem' in parsed);
  assert.match(parsed.problem, /PORT and METRICS_PORT/);
});

test('the load generator needs its inventory and bounds its rate', () => {
  const bad = parseLoadConfig({ LOAD_RPS: '100000' });
  assert.ok('problem' in bad);
  assert.match(bad.problem, /AEGIS_INVENTORY_FILE.*LOAD_RPS/);
  const good = parseLoadConfig({ AEGIS_INVENTORY_FILE: '/x/inventory.json' });
  assert.deepEqual(good, {
    config: { inventoryFile: '/x/inventory.json', service: 'target-app', rps: 20, maxInFlight: 50 },
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig, Settings } from './config.ts';

const ENOUGH = { DATABASE_URL: 'postgres://a:b@db/aegis', AEGIS_INVENTORY_FILE: '/etc/inventory.json' };
const problemOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test('two settings are enough, and without a word nobody acts: autonomy is suggest', () => {
  const config = readConfig(ENOUGH);
  assert.equal(config.AEGIS_AUTONOMY, 'suggest');
  assert.equal(config.AEGIS_HOST, '127.0.0.1');
});

test('every bad setting is named in one line', () => {
  const message = problemOf({
    AEGIS_PORT: '99999',
    PROMETHEUS_URL: 'prometheus:9090',
    AEGIS_AUTONOMY: 'full',
    AEGIS_WORKERS: '1.5',
    AEGIS_WEBHOOK_TOKEN: 'short',
  });
  for (const name of [
    'AEGIS_PORT',
    'PROMETHEUS_URL',
    'AEGIS_AUTONOMY',
    'AEGIS_WORKERS',
    'AEGIS_WEBHOOK_TOKEN',
    'DATABASE_URL is missing',
    'AEGIS_INVENTORY_FILE is missing',
  ])
    assert.ok(message.includes(name), `${name} in: ${message}`);
  assert.ok(!message.includes('\n'));
  assert.ok(!message.includes('short'), 'a secret is not repeated');
});

test('Slack and Grafana set up by half are refused, and their lists are read', () => {
  const half = problemOf({ ...ENOUGH, SLACK_BOT_TOKEN: 'xoxb-1', GRAFANA_URL: 'http://grafana:3000' });
  assert.match(half, /SLACK_CHANNEL is missing.*GRAFANA_TOKEN or GRAFANA_PASSWORD is missing/);
  const bad = problemOf({
    ...ENOUGH,
    SLACK_CHANNELS: 'critical',
    SLACK_APPROVERS: 'kim',
    SLACK_SIGNING_SECRET: 'x',
  });
  for (const name of ['SLACK_CHANNELS', 'SLACK_APPROVERS', 'SLACK_SIGNING_SECRET'])
    assert.ok(bad.includes(name), bad);
  const config = readConfig({
    ...ENOUGH,
    ...{
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_CHANNELS: 'critical=#page, team:pay=C012345678',
      SLACK_APPROVERS: 'U01,W02',
    },
  });
  assert.deepEqual(config.SLACK_CHANNELS, { critical: '#page', 'team:pay': 'C012345678' });
  assert.deepEqual(config.SLACK_APPROVERS, ['U01', 'W02']);
});

test('an empty setting counts as not set, as Compose passes it', () => {
  assert.equal(readConfig({ ...ENOUGH, AEGIS_PORT: '' }).AEGIS_PORT, 8001);
});

test('a database address without a database is refused', () => {
  assert.match(problemOf({ ...ENOUGH, DATABASE_URL: 'postgres://a:b@db' }), /DATABASE_URL/);
  assert.match(problemOf({ ...ENOUGH, DATABASE_URL: 'postgres://a:%zz@db/x' }), /DATABASE_URL/);
});

test('a lease that could end during a call on the runtime is refused', () => {
  assert.match(
    problemOf({ ...ENOUGH, AEGIS_RESTART_GRACE_SECONDS: '30', AEGIS_LEASE_SECONDS: '30' }),
    /AEGIS_LEASE_SECONDS must be at least 34/,
  );
});

test('beyond loopback every door needs its token', () => {
  const message = problemOf({ ...ENOUGH, AEGIS_HOST: '0.0.0.0' });
  for (const name of ['AEGIS_WEBHOOK_TOKEN', 'AEGIS_API_TOKEN', 'AEGIS_READ_TOKEN'])
    assert.match(message, new RegExp(`${name} is missing`));
});

test('models: prices are two numbers, an Ollama is a URL or a host, and their time leaves evidence fresh', () => {
  const config = readConfig({ ...ENOUGH, GEMINI_PRICE: '1.25,10', OLLAMA_HOST: 'ollama' });
  assert.deepEqual([config.GEMINI_PRICE, config.OLLAMA_HOST], [{ in: 1.25, out: 10 }, 'http://ollama:11434']);
  for (const [given, read] of [
    ['box:1234', 'http://box:1234'],
    ['https://box/x', 'https://box/x'],
  ])
    assert.equal(readConfig({ ...ENOUGH, OLLAMA_HOST: given }).OLLAMA_HOST, read);
  assert.match(problemOf({ ...ENOUGH, GEMINI_PRICE: '3' }), /GEMINI_PRICE must be two numbers of dollars/);
  assert.match(problemOf({ ...ENOUGH, AEGIS_MODEL_SECONDS: '60' }), /AEGIS_MODEL_SECONDS must be .* to 40/);
  assert.match(problemOf({ ...ENOUGH, AEGIS_MODEL_LOOKUPS: '4' }), /AEGIS_MODEL_LOOKUPS/);
});

test('a secret may come from a file; both at once, or a file that is not there, is refused', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'aegis-config-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'token');
  writeFileSync(file, 'a-token-of-some-length\n');
  assert.equal(
    readConfig({ ...ENOUGH, AEGIS_API_TOKEN_FILE: file }).AEGIS_API_TOKEN,
    'a-token-of-some-length',
  );
  const both = { ...ENOUGH, AEGIS_API_TOKEN_FILE: file, AEGIS_API_TOKEN: 'another-token-of-length' };
  assert.match(problemOf(both), /AEGIS_API_TOKEN and AEGIS_API_TOKEN_FILE/);
  assert.match(problemOf({ ...ENOUGH, AEGIS_API_TOKEN_FILE: `${file}x` }), /AEGIS_API_TOKEN_FILE: ENOENT/);
});

test('.env.example names every setting and no other, and its values are the defaults', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  // The last section is Compose's own, which tools/check/compose.test.ts compares with docker-compose.yml.
  const [before = ''] = text.split(/^# --- Compose alone/m);
  assert.notEqual(before, text);
  const lines = [...before.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
  const ours = lines.filter(([name]) => !name?.startsWith('OTEL_'));
  assert.deepEqual(ours.map(([name]) => name).toSorted(), Object.keys(Settings.shape).toSorted());
  const { DATABASE_URL, AEGIS_INVENTORY_FILE, ...rest } = Object.fromEntries(ours);
  assert.deepEqual([DATABASE_URL, AEGIS_INVENTORY_FILE], ['', ''], 'needed by itself, made by Compose');
  assert.deepEqual(readConfig({ ...rest, ...ENOUGH }), readConfig(ENOUGH));
});

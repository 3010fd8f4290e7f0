import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readConfig } from '../config.ts';
import { KEYS, makeSecrets, readSecrets, SECRETS } from './secrets.ts';

function setUp(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'aegis-secrets-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const folders = { secrets: join(dir, 'secrets'), shop: join(dir, 'shop') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const owners: Record<string, number> = {};
  const make = (env: Record<string, string> = {}) =>
    makeSecrets({
      folders,
      env,
      give: async (path, owner) => {
        owners[path.replace(/^.*\/\.(.*)\.draft$/, '$1')] = owner;
      },
    });
  const file = (name: string) => join(folders.secrets, name);
  return { folders, owners, make, file };
}

test('all are made once: long, random, each of its own', async (t) => {
  const { folders, make } = setUp(t);
  assert.equal((await make()).length, SECRETS.length);
  const first = await readSecrets(folders);
  for (const value of Object.values(first)) assert.match(value, /(^|:)[\w-]{43}($|@)/);
  assert.equal(
    new Set(Object.values(first).map((value) => /[\w-]{43}/.exec(value)?.[0])).size,
    SECRETS.length,
  );
  assert.deepEqual(await make(), []);
  assert.deepEqual(await readSecrets(folders), first);
});

test('what is missing is made again, what is given takes its place, what is not given any more stays', async (t) => {
  const { folders, make, file } = setUp(t);
  await make();
  const first = await readSecrets(folders);
  rmSync(file('api_token'));
  const given = { AEGIS_READ_TOKEN: 'a-token-of-some-length', GRAFANA_PASSWORD: 'short' };
  assert.deepEqual(await make(given), ['api_token', 'read_token', 'grafana_password']);
  const second = await readSecrets(folders);
  assert.deepEqual(second, { ...first, ...given, AEGIS_API_TOKEN: second.AEGIS_API_TOKEN });
  assert.notEqual(second.AEGIS_API_TOKEN, first.AEGIS_API_TOKEN);
  assert.deepEqual(await make({ AEGIS_READ_TOKEN: '' }), []);
});

test('a key of somebody else is as it is given, and gone when it is given no more', async (t) => {
  const { make, file, owners } = setUp(t);
  await make();
  assert.equal(readFileSync(file('openai_api_key'), 'utf8'), '');
  assert.deepEqual(await make({ OPENAI_API_KEY: 'sk-1' }), ['openai_api_key']);
  assert.equal(readFileSync(file('openai_api_key'), 'utf8'), 'sk-1');
  assert.deepEqual([owners.openai_api_key, statSync(file('openai_api_key')).mode & 0o777], [1000, 0o400]);
  assert.deepEqual(await make({ OPENAI_API_KEY: 'sk-1' }), []);
  assert.deepEqual(await make(), ['openai_api_key']);
  await assert.rejects(make({ GEMINI_API_KEY: 'two words' }), /GEMINI_API_KEY must be of plain characters/);
});

test('a database address is none of the settings that are taken over', async (t) => {
  const { folders, make } = setUp(t);
  await make({ DATABASE_URL: 'postgres://other:x@elsewhere/db' });
  assert.match(
    (await readSecrets(folders)).DATABASE_URL ?? '',
    /^postgres:\/\/aegis:[^@]+@postgres:5432\/aegis$/,
  );
});

test('bad ones are all named, not repeated, and nothing is written', async (t) => {
  const { folders, make } = setUp(t);
  const env = {
    AEGIS_API_TOKEN: 'tooshort',
    POSTGRES_PASSWORD: 'two words',
    AEGIS_WEBHOOK_TOKEN: 'täken-of-some-length',
  };
  await assert.rejects(make(env), ({ message }: Error) => {
    for (const name of Object.keys(env)) assert.ok(message.includes(name), name);
    for (const value of Object.values(env)) assert.ok(!message.includes(value));
    return true;
  });
  assert.deepEqual(readdirSync(folders.secrets), []);
});

test('each file is its reader’s alone; the webhook token is also the group’s; no draft is left, and no line’s end', async (t) => {
  const { folders, owners, make, file } = setUp(t);
  await make();
  const shown = SECRETS.map(({ file: name, folder }) => {
    const path = join(folders[folder], name);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /\s/);
    return `${name} ${owners[name]} ${(statSync(path).mode & 0o777).toString(8)}`;
  });
  assert.deepEqual(shown, [
    'webhook_token 1000 440',
    'api_token 1000 400',
    'read_token 1000 400',
    'postgres_password 999 400',
    'grafana_password 472 400',
    'grafana_database_password 472 400',
    'aegis_database_url 1000 400',
    'evidence_database_url 1000 400',
    'shop_database_url 1000 400',
  ]);
  assert.deepEqual(readdirSync(folders.shop), ['shop_database_url']);
  const copy = 'grafana_password_of_responder';
  assert.deepEqual([owners[copy], statSync(file(copy)).mode & 0o777], [1000, 0o400]);
  assert.equal(readdirSync(folders.secrets).length, SECRETS.length - 1 + 1 + KEYS.length);
  // And the responder takes them as they are.
  const config = readConfig({
    AEGIS_HOST: '0.0.0.0',
    AEGIS_INVENTORY_FILE: '/x',
    DATABASE_URL_FILE: file('aegis_database_url'),
    AEGIS_EVIDENCE_DATABASE_URL_FILE: file('evidence_database_url'),
    AEGIS_WEBHOOK_TOKEN_FILE: file('webhook_token'),
    AEGIS_API_TOKEN_FILE: file('api_token'),
    AEGIS_READ_TOKEN_FILE: file('read_token'),
    GEMINI_API_KEY_FILE: file('gemini_api_key'),
    GRAFANA_URL: 'http://grafana:3000',
    GRAFANA_TOKEN_FILE: file('grafana_token'),
    GRAFANA_PASSWORD_FILE: file(copy),
    SLACK_BOT_TOKEN_FILE: file('slack_bot_token'),
    SLACK_SIGNING_SECRET_FILE: file('slack_signing_secret'),
  });
  assert.equal(config.GRAFANA_PASSWORD, readFileSync(file('grafana_password'), 'utf8'));
  assert.equal(config.AEGIS_WEBHOOK_TOKEN, readFileSync(file('webhook_token'), 'utf8'));
});

test('before the first start there is nothing to show, and it says what to do', async (t) => {
  await assert.rejects(readSecrets(setUp(t).folders), /no webhook_token yet: start once/);
});

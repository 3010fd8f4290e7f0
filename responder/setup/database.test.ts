import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { openDatabase } from '../../test/database.ts';
import { startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { until } from '../../test/wait.ts';
import { makeSessions } from '../clients/sessions.ts';
import { connectionFields } from '../postgres-url.ts';
import { prepareDatabases, prepareReader } from './database.ts';
import { readerUrl } from './grafana.ts';

let postgres: TestPostgres;
let server: { host: string; port: number; user: string; password: string };
before(async () => {
  postgres = await startPostgres();
  server = connectionFields(await postgres.fresh());
});
after(() => postgres.stop());

const urlOf = (role: string, database: string, password: string) =>
  `postgres://${role}:${password}@${server.host}:${server.port}/${database}`;
const urlsOf = (password: string) => ({
  owners: [urlOf('aegis', 'aegis', password), urlOf('shop', 'shop', password)] as [string, string],
  evidence: urlOf('aegis_evidence', 'aegis', password),
});
const prepare = (password: string, admin = server.password) =>
  prepareDatabases({ admin: { ...server, password: admin }, ...urlsOf(password) });

async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connectionFields(url));
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
const ask = (url: string, text: string) => as(url, async (client) => (await client.query(text)).rows);

test('each owner gets into its own database, may make tables there, and is nothing more', async () => {
  await prepare('first-password');
  for (const url of urlsOf('first-password').owners) {
    await ask(url, 'create table mine (n int)');
    const rights = 'select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user';
    assert.deepEqual(await ask(url, rights), [{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
  }
});

test('nobody gets into another’s database, nor into the server’s own', async () => {
  const refused = /permission denied for database/;
  for (const [role, others] of Object.entries({
    aegis: ['shop', 'postgres', 'template1'],
    shop: ['aegis', 'postgres', 'template1'],
    aegis_evidence: ['shop', 'postgres', 'template1'],
  }))
    for (const database of others)
      await assert.rejects(
        ask(urlOf(role, database, 'first-password'), 'select 1'),
        refused,
        `${role} in ${database}`,
      );
});

test('the evidence role sees what others do, and none of their data', async (t) => {
  const { owners, evidence } = urlsOf('first-password');
  const sessions = makeSessions({ url: evidence, onError: assert.fail });
  t.after(sessions.close);
  await as(owners[1], async (client) => {
    await client.query('select 4711');
    const seen = (await sessions.read()).find(({ user }) => user === 'shop');
    assert.match(seen?.query ?? '', /4711/);
  });
  await assert.rejects(ask(evidence, 'select * from mine'), /permission denied for table/);
  await assert.rejects(ask(evidence, 'create table theirs (n int)'), /permission denied for schema/);
  await assert.rejects(ask(evidence, 'create temporary table t (n int)'), /permission denied/);
});

const READER_MAY = `
  select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
    and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select, insert, update, delete, truncate')`;

test('Grafana’s role reads views that were there, and those that come later, and nothing else', async (t) => {
  const [aegis] = urlsOf('first-password').owners;
  const reader = readerUrl(aegis, 'of-the-reader');
  await prepareReader({ ...server, user: 'postgres' }, reader);
  const database = openDatabase(aegis);
  t.after(database.close);
  await database.migrate();
  const views = (await ask(reader, READER_MAY)).map(({ name }) => name);
  assert.ok(views.includes('grafana.incident'));
  assert.deepEqual(
    views.filter((name) => !name.startsWith('grafana.')),
    [],
  );
  for (const name of views) await ask(reader, `select * from ${name} limit 1`);
  await ask(aegis, 'create view grafana.later as select 1 as n');
  assert.deepEqual(await ask(reader, 'select n from grafana.later'), [{ n: 1 }]);
  for (const table of ['incident', 'audit', 'log_line', 'control'])
    await assert.rejects(ask(reader, `select * from ${table}`), /permission denied for table/);
  await ask(aegis, 'drop view grafana.later');
});

test('Grafana’s role changes nothing, also where it says that it may, and gets into no other database', async () => {
  const [aegis] = urlsOf('first-password').owners;
  const reader = readerUrl(aegis, 'of-the-reader');
  const asWriter = (text: string) => `begin transaction read write; ${text}`;
  const { READ_ONLY, DENIED } = { READ_ONLY: /read-only transaction/, DENIED: /permission denied/ };
  await assert.rejects(ask(reader, 'create table mine (n int)'), READ_ONLY);
  for (const text of [
    'create table public.t (n int)',
    'create temporary table t (n int)',
    'create table grafana.t (n int)',
  ])
    await assert.rejects(ask(reader, asWriter(text)), DENIED, text);
  for (const text of ['delete from grafana.action', "update grafana.action set detail = ''"])
    await assert.rejects(ask(reader, asWriter(text)), DENIED, text);
  await assert.rejects(
    ask(readerUrl(urlOf('', 'shop', ''), 'of-the-reader'), 'select 1'),
    /permission denied for database/,
  );
  assert.deepEqual(await ask(reader, 'show statement_timeout'), [{ statement_timeout: '10s' }]);
});

/** How the server lets us in, as on Compose's: `trust` from inside of its container, else by password. */
async function letIn(method: 'trust' | 'scram-sha-256'): Promise<void> {
  const { rows } = await postgres.admin('show hba_file');
  const line = pg.escapeLiteral(`host all all 127.0.0.1/32 ${method}`);
  await postgres.admin(`copy (select ${line}) to ${pg.escapeLiteral(rows[0].hba_file)}`);
  await postgres.admin('select pg_reload_conf()');
  // The postmaster reads it in its own time.
  const anyPassword = urlOf('postgres', 'postgres', 'wrong');
  const isIn = () =>
    ask(anyPassword, 'select 1').then(
      () => true,
      () => false,
    );
  await until(async () => (await isIn()) === (method === 'trust'));
}

test('again, with other passwords, on what is there: data stays, old passwords are refused, the superuser’s too', async () => {
  await letIn('trust');
  await prepare('second-password', 'another-superuser-password');
  await letIn('scram-sha-256');
  await assert.rejects(ask(urlsOf('first-password').owners[0], 'select 1'), /password authentication failed/);
  const [aegis] = urlsOf('second-password').owners;
  assert.deepEqual(await ask(aegis, 'select count(*)::int as n from mine'), [{ n: 0 }]);
  await assert.rejects(prepare('third-password'), /password authentication failed for user "postgres"/);
  await prepare('third-password', 'another-superuser-password');
});

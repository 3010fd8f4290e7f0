/** Roles and databases of Compose's PostgreSQL. Everything may be done again: on an old volume, after a changed password. */
import pg from 'pg';
import { connectionFields } from '../postgres-url.ts';

export interface Databases {
  /** Where the superuser connects; its password is made the one that is given here. */
  admin: { host: string; port: number; user: string; password: string };
  /** Connection URLs of roles that each own the database in it. */
  owners: string[];
  /** Connection URL of the role that sees all activity of the server (`pg_monitor`) and no data. */
  evidence: string;
  /** Connection URL of the role that Grafana reads the views of the schema `grafana` with; not made where there is none. */
  reader?: string;
}

/** Where Grafana's views are; the responder's migrations make them, as the owner of the database. */
const VIEWS = 'grafana';
/** Whoever may look at a dashboard may send any query: none shall keep the server busy, or take all its connections. */
const READER_LIMITS = { statement_timeout: "'10s'", default_transaction_read_only: 'on', work_mem: "'8MB'" };
const READER_CONNECTIONS = 10;

/**
 * Nobody but its owner (and the evidence role, where it connects) gets into a database: PostgreSQL lets every role into
 * every database unless that is taken away.
 */
export async function prepareDatabases({ admin, owners, evidence, reader }: Databases): Promise<void> {
  const client = new pg.Client({ ...admin, database: 'postgres', connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    await client.query(`alter role current_user password ${client.escapeLiteral(admin.password)}`);
    for (const url of [...owners, evidence]) await prepareRole(client, url);
    for (const url of owners) await prepareDatabase(client, url);
    const { user, database } = connectionFields(evidence);
    await client.query(`grant pg_monitor to ${client.escapeIdentifier(user)}`);
    await client.query(
      `grant connect on database ${client.escapeIdentifier(database)} to ${client.escapeIdentifier(user)}`,
    );
    await client.query('revoke all on database postgres, template1 from public');
  } finally {
    await client.end();
  }
  if (reader) await prepareReader(admin, reader);
}

/**
 * A role that may select from the views of the schema `grafana`, those that are there and those to come, and nothing else.
 * Whoever owns the database is given that schema, since nobody else makes views in it.
 */
export async function prepareReader(admin: Databases['admin'], url: string): Promise<void> {
  const { user, database } = connectionFields(url);
  const client = new pg.Client({ ...admin, database, connectionTimeoutMillis: 5_000 });
  const role = client.escapeIdentifier(user);
  try {
    await client.connect();
    await prepareRole(client, url);
    await client.query(`alter role ${role} connection limit ${READER_CONNECTIONS}`);
    for (const [name, value] of Object.entries(READER_LIMITS))
      await client.query(`alter role ${role} set ${name} = ${value}`);
    const { rows } = await client.query<{ owner: string }>(
      'select pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()',
    );
    const owner = client.escapeIdentifier(rows[0]?.owner ?? '');
    await client.query(`create schema if not exists ${VIEWS} authorization ${owner}`);
    await client.query(`grant connect on database ${client.escapeIdentifier(database)} to ${role}`);
    await client.query(`grant usage on schema ${VIEWS} to ${role}`);
    await client.query(`grant select on all tables in schema ${VIEWS} to ${role}`);
    await client.query(
      `alter default privileges for role ${owner} in schema ${VIEWS} grant select on tables to ${role}`,
    );
  } finally {
    await client.end();
  }
}

async function prepareRole(client: pg.Client, url: string): Promise<void> {
  const { user, password } = connectionFields(url);
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [user]);
  const what = `role ${client.escapeIdentifier(user)} login nosuperuser nocreatedb nocreaterole`;
  await client.query(`${rowCount ? 'alter' : 'create'} ${what} password ${client.escapeLiteral(password)}`);
}

async function prepareDatabase(client: pg.Client, url: string): Promise<void> {
  const { user, database } = connectionFields(url);
  const [name, owner] = [database, user].map((word) => client.escapeIdentifier(word));
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
  await client.query(
    `${rowCount ? 'alter' : 'create'} database ${name} owner ${rowCount ? 'to ' : ''}${owner}`,
  );
  await client.query(`revoke all on database ${name} from public`);
}

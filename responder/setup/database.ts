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
}

/**
 * Nobody but its owner (and the evidence role, where it connects) gets into a database: PostgreSQL lets every role into
 * every database unless that is taken away.
 */
export async function prepareDatabases({ admin, owners, evidence }: Databases): Promise<void> {
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

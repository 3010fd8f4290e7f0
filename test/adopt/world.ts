/** What the reader of docs/adopt.md is said to have: a service, PostgreSQL, Prometheus and Alertmanager of their own. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { ROOT, type StackContext, urlOf } from '../../tools/stack/context.ts';
import { startSweeper, workingDir } from '../../tools/stack/folder.ts';
import { DEMO_TIMINGS } from '../../tools/stack/localise.ts';
import { answers, makeParts, type PartPlan } from '../../tools/stack/part.ts';
import { makePorts } from '../../tools/stack/ports.ts';
import { postgresPlan } from '../../tools/stack/postgres.ts';
import { toolchain } from '../../tools/toolchain/toolchain.ts';
import { type Page, readPage } from './page.ts';

const PORTS = { postgres: 5432, prometheus: 9090, alertmanager: 9093, responder: 8001, notes: 8080 };
export type Service = keyof typeof PORTS;

export interface World {
  page: Page;
  /** Folder of the page's inventory and unit files. */
  units: string;
  /** Output of the service. */
  log: string;
  urlOf(service: Service): string;
  /** Runs a block of the page in a shell, in the project's folder; gives what it printed. */
  run(name: string): Promise<string>;
  /** Starts PostgreSQL and runs the page's SQL in it. */
  startDatabase(): Promise<void>;
  /** Starts Prometheus and Alertmanager with the files of the page. */
  startMonitoring(): Promise<void>;
  /** Starts the responder by the command of the page. */
  startResponder(): Promise<void>;
  /** Ends every process and removes the folder; happens too where this process is killed. */
  stop(): Promise<void>;
}

/** Writes the files of the page; nothing is started. */
export async function makeWorld(): Promise<World> {
  const programs = await toolchain({
    say: (line) => process.stderr.write(`set-up: ${line}\n`),
    names: ['prometheus', 'alertmanager'],
  });
  const dir = await workingDir();
  const stop = await startSweeper(dir);
  try {
    const ports = makePorts();
    for (const name of Object.keys(PORTS)) await ports.reserve(name, 0);
    const databasePassword = randomBytes(12).toString('hex');
    // Of what the demo's parts are made from, PostgreSQL needs no more.
    const context = { dir, ports, programs, databasePassword } as StackContext;
    const page = await readPage(onThisMachine(context));
    const parts = makeParts({ unitDir: join(dir, 'parts'), logDir: dir, release: ports.release });
    const world: World = {
      page,
      stop,
      units: join(dir, 'inventory'),
      log: join(dir, 'log/notes-1.log'),
      urlOf: (service) => urlOf(context, service),
      run: (name) => shell(page.block('run', name)),
      async startDatabase() {
        await parts.start(await postgresPlan(context, []));
        await runSql(context, page.block('sql', 'database'));
      },
      async startMonitoring() {
        for (const plan of monitoringPlans(context)) await parts.start(plan);
      },
      startResponder: () => parts.start(responderPlan(context, page)),
    };
    await writeFiles(dir, page);
    await ports.release('notes');
    return world;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ports, folders and intervals of the page, and what they are here. All that is started lies in folders that are swept. */
function onThisMachine({ dir, ports }: StackContext): Record<string, string> {
  const moved = Object.entries(PORTS).map(([name, port]) => [String(port), String(ports.of(name))]);
  return {
    ...DEMO_TIMINGS,
    ...Object.fromEntries(moved),
    '_interval: 15s': '_interval: 1s',
    'COOLDOWN_SECONDS=300': 'COOLDOWN_SECONDS=0',
    '/usr/bin/node': process.execPath,
    '/opt/aegisops': ROOT,
    '/var/lib/aegisops': join(dir, 'inventory'),
    '/etc/aegisops': join(dir, 'etc'),
    '/etc/prometheus': join(dir, 'prometheus'),
    '/etc/alertmanager': join(dir, 'alertmanager'),
    '/srv/notes': join(dir, 'srv'),
    '/var/log/notes': join(dir, 'log'),
  };
}

async function writeFiles(dir: string, { files }: Page): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  await mkdir(join(dir, 'srv'));
  await copyFile(join(import.meta.dirname, 'notes.mjs'), join(dir, 'srv/notes.mjs'));
}

async function shell(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-euc', script], { cwd: ROOT });
  return stdout;
}

async function runSql({ ports, databasePassword }: StackContext, sql: string): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: ports.of('postgres'),
    user: 'postgres',
    password: databasePassword,
    database: 'postgres',
  });
  await client.connect();
  // One by one, as psql does: a database cannot be made within a transaction.
  for (const statement of sql.split(';').filter((one) => one.trim())) await client.query(statement);
  await client.end();
}

function monitoringPlans(context: StackContext): PartPlan[] {
  const { dir, programs, ports } = context;
  return (['alertmanager', 'prometheus'] as const).map((name) => ({
    name,
    address: urlOf(context, name),
    ports: [name],
    command: [
      programs[name],
      `--config.file=${dir}/${name}/${name}.yml`,
      `--web.listen-address=127.0.0.1:${ports.of(name)}`,
      ...(name === 'prometheus'
        ? [`--storage.tsdb.path=${dir}/${name}/data`, '--rules.alert.resend-delay=5s']
        : [`--storage.path=${dir}/${name}/data`, '--cluster.listen-address=']),
    ],
    cwd: dir,
    env: {},
    ready: () => answers(`${urlOf(context, name)}/-/ready`),
  }));
}

function responderPlan(context: StackContext, page: Page): PartPlan {
  return {
    name: 'responder',
    address: urlOf(context, 'responder'),
    ports: ['responder'],
    command: ['/bin/sh', '-euc', page.block('run', 'responder')],
    cwd: ROOT,
    env: {},
    ready: () => answers(`${urlOf(context, 'responder')}/ready`),
  };
}

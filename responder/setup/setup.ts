/**
 * What Compose needs done before the parts start: `node responder/setup/setup.ts WHAT`, as root, in the responder's image.
 *
 *   secrets    makes the secrets that are missing (and the folder of the inventory the responder's); with the address that
 *              ports are open on, which decides whether Grafana shows its dashboards to whoever is not logged in
 *   database   makes roles and databases; runs inside of PostgreSQL's network, where the image trusts the superuser, so
 *              that it gets in also with a new password on an old volume
 *   show       prints all secrets as NAME=value
 */
import { chown } from 'node:fs/promises';
import { prepareDatabases } from './database.ts';
import { readerUrl, writeAnonymous } from './grafana.ts';
import { makeSecrets, readSecrets } from './secrets.ts';

const FOLDERS = { secrets: '/run/secrets', shop: '/run/shop-secrets' };
const INVENTORY = '/var/lib/aegisops/inventory';
const RESPONDER_USER = 1000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

const COMMANDS: Record<string, () => Promise<void>> = {
  async secrets() {
    await chown(INVENTORY, RESPONDER_USER, RESPONDER_USER);
    const changed = await makeSecrets({ folders: FOLDERS, env: process.env });
    await writeAnonymous(FOLDERS.secrets, process.argv[3] ?? '');
    say(changed.length > 0 ? `new: ${changed.join(', ')}` : 'all secrets are there');
  },
  async database() {
    const secrets = await readSecrets(FOLDERS);
    const of = (name: string) => secrets[name] ?? '';
    const owners = [of('DATABASE_URL'), of('SHOP_DATABASE_URL')];
    const admin = { host: '127.0.0.1', port: 5432, user: 'postgres', password: of('POSTGRES_PASSWORD') };
    const reader = readerUrl(of('DATABASE_URL'), of('GRAFANA_DATABASE_PASSWORD'));
    await prepareDatabases({ admin, owners, evidence: of('AEGIS_EVIDENCE_DATABASE_URL'), reader });
    say('roles and databases are there');
  },
  async show() {
    for (const [name, value] of Object.entries(await readSecrets(FOLDERS))) say(`${name}=${value}`);
  },
};

const what = process.argv[2] ?? '';
try {
  const command = COMMANDS[what];
  if (!command) throw new Error(`"${what}" is none of ${Object.keys(COMMANDS).join(', ')}`);
  await command();
} catch (error) {
  process.stderr.write(`set-up: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

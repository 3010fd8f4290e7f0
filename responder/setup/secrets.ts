/**
 * The secrets of Compose, one file each, made once. Parts read them as files, so that none stands in a container's
 * environment, where `docker inspect` shows it.
 *
 * Who may read one: its owner alone, by the number of the user that the part runs as in its image. The webhook token
 * has three readers; Alertmanager and the Collector are in the responder's group for it (`group_add` in
 * docker-compose.yml). Grafana's password has two, and a file for each: in one group they would read more of each other. So a
 * part sees the names of all, and the values of its own.
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Users of the images. */
const NODE = 1000;
const POSTGRES = 999;
const GRAFANA = 472;

const OWNER_READS = 0o400;
const GROUP_READS = 0o440;
/** A token shorter than this the responder refuses. */
const LEAST_TOKEN = 16;
const RANDOM_BYTES = 32;

/** The shop's folder is another volume: it must not even see the others' names. */
export type Folder = 'secrets' | 'shop';
export type Folders = Record<Folder, string>;

interface Secret {
  file: string;
  folder: Folder;
  /** As `show` prints it. In the environment of the set-up the same name gives the value. */
  name: string;
  owner: number;
  mode: number;
  /** Makes the value out of a random word. */
  make: (random: string) => string;
  least: number;
  /** The same value for another reader. */
  copy?: { file: string; owner: number };
}

const urlOf = (role: string, database: string) => (random: string) =>
  `postgres://${role}:${random}@postgres:5432/${database}`;
const secret = (name: string, file: string, more: Partial<Secret> = {}): Secret => ({
  name,
  file,
  folder: 'secrets',
  owner: NODE,
  mode: OWNER_READS,
  make: (random) => random,
  least: 1,
  ...more,
});

export const SECRETS: Secret[] = [
  secret('AEGIS_WEBHOOK_TOKEN', 'webhook_token', { mode: GROUP_READS, least: LEAST_TOKEN }),
  secret('AEGIS_API_TOKEN', 'api_token', { least: LEAST_TOKEN }),
  secret('AEGIS_READ_TOKEN', 'read_token', { least: LEAST_TOKEN }),
  secret('POSTGRES_PASSWORD', 'postgres_password', { owner: POSTGRES }),
  secret('GRAFANA_PASSWORD', 'grafana_password', {
    owner: GRAFANA,
    copy: { file: 'grafana_password_of_responder', owner: NODE },
  }),
  secret('GRAFANA_DATABASE_PASSWORD', 'grafana_database_password', { owner: GRAFANA }),
  secret('DATABASE_URL', 'aegis_database_url', { make: urlOf('aegis', 'aegis') }),
  secret('AEGIS_EVIDENCE_DATABASE_URL', 'evidence_database_url', { make: urlOf('aegis_evidence', 'aegis') }),
  secret('SHOP_DATABASE_URL', 'shop_database_url', { folder: 'shop', make: urlOf('shop', 'shop') }),
];

/** Keys that somebody else made. None can be made here: what is not given is an empty file, which counts as not set. */
export const KEYS: Secret[] = [
  secret('GEMINI_API_KEY', 'gemini_api_key'),
  secret('OPENAI_API_KEY', 'openai_api_key'),
  secret('GRAFANA_TOKEN', 'grafana_token'),
  secret('SLACK_BOT_TOKEN', 'slack_bot_token'),
  secret('SLACK_SIGNING_SECRET', 'slack_signing_secret', { least: LEAST_TOKEN }),
];

/** What may be given by `.env`; how the parts get into databases is Compose's own business. */
const GIVEN = SECRETS.filter(({ name }) => !/_URL$|_DATABASE_PASSWORD$/.test(name));

interface Options {
  folders: Folders;
  env: NodeJS.ProcessEnv;
  /** Needs the right to give files away. */
  give?: (path: string, owner: number) => Promise<void>;
}

/** Makes what is missing and takes what is given; the rest stays. Returns the files that are new or have another value. */
export async function makeSecrets({ folders, env, give = giveTo }: Options): Promise<string[]> {
  const bad = [...GIVEN, ...KEYS].flatMap((one) => problemsOf(one, env[one.name]));
  if (bad.length > 0) throw new Error(`bad settings: ${bad.join('; ')}`);
  const changed: string[] = [];
  for (const one of SECRETS) {
    const before = await storedValue(one, folders);
    const given = GIVEN.includes(one) ? env[one.name] : undefined;
    const value = given || before || one.make(randomBytes(RANDOM_BYTES).toString('base64url'));
    // Written also where it stays, so that owner and mode are always those of this version.
    await write(one, value, folders, give);
    if (one.copy) await write({ ...one, ...one.copy }, value, folders, give);
    if (value !== before) changed.push(one.file);
  }
  for (const key of KEYS) {
    const [before, value] = [(await storedValue(key, folders)) ?? '', env[key.name] ?? ''];
    await write(key, value, folders, give);
    if (value !== before) changed.push(key.file);
  }
  return changed;
}

/** All values by name. Throws where one was not made yet. */
export async function readSecrets(folders: Folders): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const one of SECRETS) {
    const value = await storedValue(one, folders);
    if (value === null) throw new Error(`there is no ${one.file} yet: start once (docker compose up)`);
    values[one.name] = value;
  }
  return values;
}

/** It becomes a header, a line of a file and a word in a shell; the words of a refusal do not repeat it. */
function problemsOf({ name, least }: Secret, given = ''): string[] {
  if (given === '') return [];
  if (!/^[\x21-\x7e]+$/.test(given)) return [`${name} must be of plain characters, without spaces`];
  return given.length < least ? [`${name} must have at least ${least} characters`] : [];
}

async function storedValue({ folder, file }: Secret, folders: Folders): Promise<string | null> {
  try {
    return (await readFile(join(folders[folder], file), 'utf8')).trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whole or not at all, and without a line's end: the Collector would send that along. */
async function write(
  { folder, file, owner, mode }: Secret,
  value: string,
  folders: Folders,
  give: (path: string, owner: number) => Promise<void>,
): Promise<void> {
  const draft = join(folders[folder], `.${file}.draft`);
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(value);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(draft, mode);
  await give(draft, owner);
  await rename(draft, join(folders[folder], file));
}

/** In each of the images the user's own group has the user's number. */
const giveTo = (path: string, owner: number) => chown(path, owner, owner);

/** What Grafana is told by files that are no secrets, and the address of the role that it reads with. */
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The role of the data source in grafana/provisioning/datasources/postgresql.yaml. */
export const READER = 'grafana_reader';
const ALL_READ = 0o444;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

/**
 * Whether Grafana shows dashboards to whoever is not logged in: only where nobody but this machine reaches it. An address that
 * is missing or not understood counts as open to all.
 */
export function mayBeAnonymous(bind: string): boolean {
  return LOOPBACK.test(bind);
}

/** Writes `true` or `false` into `grafana_anonymous`, which Grafana reads by `GF_AUTH_ANONYMOUS_ENABLED__FILE`. */
export async function writeAnonymous(folder: string, bind: string): Promise<void> {
  const draft = join(folder, '.grafana_anonymous.draft');
  await writeFile(draft, String(mayBeAnonymous(bind)), { mode: ALL_READ });
  await chmod(draft, ALL_READ);
  await rename(draft, join(folder, 'grafana_anonymous'));
}

/** The responder's database, entered as the reader. */
export function readerUrl(databaseUrl: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = READER;
  url.password = encodeURIComponent(password);
  return url.href;
}

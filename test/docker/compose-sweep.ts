/** Takes away all that a Compose project of the tests is made of, from the name of its folder alone. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { makeDocker } from './containers.ts';

/** Longest word of an application in pg_stat_activity is short, and so is this. */
export const PREFIX = 'aegis-t';

/** @param dir `/tmp/aegisops-compose-aegis-t1a2b3c-XXXXXX` */
export function projectOf(dir: string): string {
  const name = new RegExp(`${PREFIX}[0-9a-f]+`).exec(basename(dir))?.[0];
  if (!name) throw new Error(`${dir} is no folder of a Compose project of the tests`);
  return name;
}

/** Whatever a rollback has set aside belongs to the project, too, and so does the record of what ran. */
export async function sweep(dir: string): Promise<void> {
  const docker = makeDocker();
  const project = projectOf(dir);
  const filter = ['--filter', `label=com.docker.compose.project=${project}`];
  const remove = async (list: string[], rest: string[]) => {
    const found = (await docker(...list)).split('\n').filter(Boolean);
    if (found.length > 0) await docker(...rest, ...found);
  };
  await remove(['ps', '-aq', ...filter], ['rm', '-f', '-v']);
  await remove(['network', 'ls', '-q', ...filter], ['network', 'rm']);
  await remove(['volume', 'ls', '-q', ...filter], ['volume', 'rm']);
  const releases = [
    '--filter',
    `reference=aegis-releases/${project}/*`,
    '--format',
    '{{.Repository}}:{{.Tag}}',
  ];
  await remove(['images', ...releases], ['rmi']);
  await rm(dir, { recursive: true, force: true });
}

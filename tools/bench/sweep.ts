/** Ends everything that the bench started, from what lies in its folder: no memory of the starter is needed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep as sweepProcesses } from '../stack/sweep.ts';
import { runOk } from '../toolchain/command.ts';

const PASSES = 10;
/** What the engine was just asked for by a client that is gone appears within this. */
const SETTLE_MS = 500;
const RECORD = 'aegis-releases';

/** Written before anything is started. */
export async function noteProject(dir: string, project: string): Promise<void> {
  await writeFile(fileOf(dir), JSON.stringify({ project }));
}
const fileOf = (dir: string) => join(dir, 'project.json');

/** Nothing is asked to end in peace, since nothing of it is needed any more. Throws when something outlives it. */
export async function sweep(dir: string): Promise<void> {
  const text = await readFile(fileOf(dir), 'utf8').catch(() => null); // nothing was started
  if (text !== null) await removeProject((JSON.parse(text) as { project: string }).project);
  await sweepProcesses(dir);
}

async function removeProject(project: string): Promise<void> {
  const ours = ['--quiet', '--filter', `label=com.docker.compose.project=${project}`];
  const remove = async (list: string[], how: string[]) => {
    const ids = (await runOk('docker', list)).split('\n').filter(Boolean);
    if (ids.length > 0) await runOk('docker', [...how, ...ids]);
    return ids.length;
  };
  for (let pass = 1; ; pass++) {
    const containers = await remove(['ps', '--all', ...ours], ['rm', '--force', '--volumes']);
    const networks = await remove(['network', 'ls', ...ours], ['network', 'rm']);
    const volumes = await remove(['volume', 'ls', ...ours], ['volume', 'rm']);
    if (containers + networks + volumes === 0) break;
    if (pass === PASSES) throw new Error(`something of the Compose project ${project} keeps coming back`);
    await sleep(SETTLE_MS);
  }
  // The responder's record of what ran: tags beside those that the images have anyway.
  const tags = ['images', `${RECORD}/${project}/*`, '--format', '{{.Repository}}:{{.Tag}}'];
  await remove(tags, ['rmi']);
}

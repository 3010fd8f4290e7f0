/** Where to deploy to: the folder of the inventory of a stack that runs, or our Compose project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { forgetRunning, notedRunning } from '../stack/running.ts';
import { isRunning } from '../stack/sweep.ts';
import { composeServices } from './compose.ts';
import type { DeployOptions } from './options.ts';

const INVENTORY = 'inventory';

/**
 * @returns the folder of an inventory, or `compose`
 * @throws Error in one line: nothing runs here, or more than one thing does
 */
export async function placeOf(
  { dir, compose, target }: Pick<DeployOptions, 'dir' | 'compose' | 'target'>,
  say: (line: string) => void,
  services: () => Promise<string[]> = composeServices,
): Promise<string> {
  if (dir !== undefined) return inventoryDirOf(dir);
  const known = await services();
  if (compose && !known.includes(target)) {
    const there =
      known.length > 0 ? `it has ${known.join(', ')}` : 'nothing of it runs; start it with docker compose up';
    throw new Error(`there is no ${target} in the Compose project aegisops; ${there}`);
  }
  if (compose) return 'compose';
  const demo = await findDemo(say);
  if (demo && known.includes(target))
    throw new Error(`both a demo and the Compose project run here; say --compose, or --dir ${demo}`);
  if (demo) return demo;
  if (known.includes(target)) return 'compose';
  throw new Error(
    'nothing runs here to deploy to; start npm run demo in another terminal, or docker compose up, or name a --dir',
  );
}

/** @throws Error in one line where several run */
async function findDemo(say: (line: string) => void): Promise<string | null> {
  const living: string[] = [];
  for (const dir of await notedRunning()) {
    if (await isRunning(dir)) living.push(dir);
    else {
      say(`the demo of ${dir} is gone; it is not considered any more`);
      await forgetRunning(dir);
    }
  }
  if (living.length > 1) throw new Error(`several demos run; name one by --dir: ${living.join(', ')}`);
  return living[0] === undefined ? null : join(living[0], INVENTORY);
}

/** @throws Error where neither the folder nor its `inventory` holds an inventory */
function inventoryDirOf(folder: string): string {
  const found = [resolve(folder), resolve(folder, INVENTORY)].find((dir) =>
    existsSync(join(dir, 'inventory.json')),
  );
  if (!found) throw new Error(`--dir ${folder}: there is no inventory.json, neither there nor in inventory/`);
  return found;
}

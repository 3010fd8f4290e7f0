/** Where to deploy to: the folder of the inventory of a stack that runs. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { forgetRunning, notedRunning } from '../stack/running.ts';
import { isRunning } from '../stack/sweep.ts';

const INVENTORY = 'inventory';

/** @throws Error in one line: none runs, or several do */
export async function findRunning(say: (line: string) => void): Promise<string> {
  const living: string[] = [];
  for (const dir of await notedRunning()) {
    if (await isRunning(dir)) living.push(dir);
    else {
      say(`the demo of ${dir} is gone; it is not considered any more`);
      await forgetRunning(dir);
    }
  }
  if (living.length > 1) throw new Error(`several demos run; name one by --dir: ${living.join(', ')}`);
  if (!living[0])
    throw new Error('no demo runs here; start one with npm run demo in another terminal, or name its --dir');
  return join(living[0], INVENTORY);
}

/** @throws Error where neither the folder nor its `inventory` holds an inventory */
export function inventoryDirOf(folder: string): string {
  const found = [resolve(folder), resolve(folder, INVENTORY)].find((dir) =>
    existsSync(join(dir, 'inventory.json')),
  );
  if (!found) throw new Error(`--dir ${folder}: there is no inventory.json, neither there nor in inventory/`);
  return found;
}
